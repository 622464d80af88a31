// Merge: a dialect file that says only what differs from a built-in dialect.

import { isNamed } from './walk.ts'

/** `changes` laid over `base`: names one by one, all else whole; null takes away. */
export function merged(base: unknown, changes: unknown): unknown {
  if (!isNamed(base) || !isNamed(changes)) return withoutNulls(changes)
  const names = [...new Set([...Object.keys(base), ...Object.keys(changes)])]
  const entries = names.flatMap((name) => {
    if (!Object.hasOwn(changes, name)) return [[name, base[name]]]
    if (changes[name] === null) return []
    const under = Object.hasOwn(base, name) ? base[name] : undefined
    return [[name, merged(under, changes[name])]]
  })
  return Object.fromEntries(entries)
}

// Of lists a null stays, and is a fault there.
function withoutNulls(value: unknown): unknown {
  if (!isNamed(value)) return value
  const entries = Object.entries(value).filter(([, one]) => one !== null)
  return Object.fromEntries(entries.map(([name, one]) => [name, withoutNulls(one)]))
}
