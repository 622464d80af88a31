// Faults in words: where in the configuration something is wrong, and what.

import type { z } from 'zod'

/** One fault: a path such as `clients[0].scope`, and a sentence that fits behind it. */
export function at(path: string, sentence: string): string {
  return path === '' ? sentence : `${path}: ${sentence}`
}

/** An entry that was read; `bad` names the members that are not in `entry` because of a fault. */
export type Entry<T> = { entry: T | undefined; bad: ReadonlySet<string>; faults: string[] }

/**
 * Reads one entry by its shape. Members with a fault are left out and the rest is read again, so
 * that the checks that follow can report what else is wrong; `standIns` fill members that must be.
 */
export function readEntry<T>(
  shape: z.ZodType<T>,
  raw: unknown,
  path: string,
  standIns: Readonly<Record<string, unknown>> = {},
): Entry<T> {
  const whole = shape.safeParse(raw, { error: sentence })
  if (whole.success) return { entry: whole.data, bad: new Set(), faults: [] }
  const issues = whole.error.issues
  const faults = issues.flatMap((issue) => faultsOf(issue, path))
  const bad = new Set(issues.flatMap(members))
  if (typeof raw !== 'object' || raw === null) return { entry: undefined, bad, faults }
  const sound = Object.entries(raw).filter(([name]) => !bad.has(name))
  const missing = Object.entries(standIns).filter(([name]) => bad.has(name))
  const rest = shape.safeParse(Object.fromEntries([...sound, ...missing]))
  return { entry: rest.success ? rest.data : undefined, bad, faults }
}

function members(issue: z.core.$ZodIssue): string[] {
  const [first] = issue.path
  if (first !== undefined) return [String(first)]
  return issue.code === 'unrecognized_keys' ? issue.keys : []
}

function faultsOf(issue: z.core.$ZodIssue, path: string): string[] {
  const place = issue.path.reduce<string>(step, path)
  if (issue.code !== 'unrecognized_keys') return [at(place, issue.message)]
  return issue.keys.map((key) => at(step(place, key), 'is not a known key'))
}

function step(path: string, name: PropertyKey): string {
  if (typeof name === 'number') return `${path}[${name}]`
  return path === '' ? String(name) : `${path}.${String(name)}`
}

// Sentences name the type of what was found, never its value: it may be a secret.
function sentence(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is needed'
  if (issue.code === 'invalid_type' && issue.expected === 'string' && Array.isArray(issue.input))
    return 'must be one text, not a list'
  if (issue.code === 'invalid_type') return `must be ${named(issue.expected)}`
  if (issue.code === 'invalid_value') return `must be one of: ${issue.values.join(', ')}`
  if (issue.code === 'too_small') return 'must not be empty'
  return undefined
}

function named(type: string): string {
  const names: Record<string, string> = {
    array: 'a list: [a, b], or lines that begin with a dash',
    boolean: 'true or false',
    number: 'a number',
    object: 'a set of names with values: { name: value }',
    record: 'a set of names with values: { name: value }',
    string: 'text (put it in quotes)',
  }
  return names[type] ?? type
}
