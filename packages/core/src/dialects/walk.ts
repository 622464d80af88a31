// Walks over plain data with a shape in hand: what is sound comes out, what is not becomes faults.

import type { Names, Shape } from './shape.ts'

/** One thing that is wrong, and where; the sentence fits behind the path and a colon. */
export type Fault = { path: string; sentence: string }

/** Of a longer list nobody finds the name that they meant. */
const MOST_LISTED = 12

type Walk<S extends Shape['is']> = (
  shape: Extract<Shape, { is: S }>,
  value: unknown,
  path: string,
  faults: Fault[],
) => unknown

const WALKS: { [S in Shape['is']]: Walk<S> } = {
  text: walkText,
  whole: walkWhole,
  flag: (_, value, path, faults) =>
    typeof value === 'boolean' ? value : note(faults, path, 'must be true or false'),
  scalar: (_, value, path, faults) =>
    ['string', 'number', 'boolean'].includes(typeof value)
      ? value
      : note(faults, path, 'must be text, a number, true or false'),
  'one of': ({ values }, value, path, faults) =>
    values.includes(value as string)
      ? value
      : note(faults, path, `must be one of: ${values.join(', ')}`),
  list: walkList,
  some: ({ of }, value, path, faults) =>
    Array.isArray(value)
      ? walkList({ is: 'list', of, least: 1 }, value, path, faults)
      : walk(of, value, path, faults),
  'word or': ({ word, of }, value, path, faults) =>
    value === word ||
    (typeof value === 'string' && note(faults, path, `must be "${word}" or names`))
      ? value
      : walk(of, value, path, faults),
  members: walkMembers,
  table: walkTable,
}

/** What is sound of a value; every fault of the rest goes into `faults`. */
export function walk(shape: Shape, value: unknown, path: string, faults: Fault[]): unknown {
  return (WALKS[shape.is] as Walk<Shape['is']>)(shape as never, value, path, faults)
}

/** True for what JSON calls an object. */
export function isNamed(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function note(faults: Fault[], path: string, sentence: string): undefined {
  faults.push({ path, sentence })
}

function walkText(...[{ pattern, says }, value, path, faults]: Parameters<Walk<'text'>>): unknown {
  if (typeof value === 'string' && (!pattern || new RegExp(pattern).test(value))) return value
  return note(faults, path, `must be ${says}`)
}

function walkWhole(...[{ least, most }, value, path, faults]: Parameters<Walk<'whole'>>): unknown {
  const isWhole = typeof value === 'number' && Number.isInteger(value)
  if (isWhole && value >= least && value <= most) return value
  return note(faults, path, `must be a whole number from ${least} to ${most}`)
}

function walkList(...[{ of, least = 0 }, value, path, faults]: Parameters<Walk<'list'>>): unknown {
  if (!Array.isArray(value)) return note(faults, path, 'must be a list')
  if (value.length < least) return note(faults, path, 'must not be empty')
  const sound = value.map((one, index) => walk(of, one, `${path}[${index}]`, faults))
  return sound.filter((one) => one !== undefined)
}

function walkMembers(
  ...[{ members, needs }, value, path, faults]: Parameters<Walk<'members'>>
): unknown {
  if (!isNamed(value)) return note(faults, path, 'must be names with values')
  for (const name of needs) {
    if (!Object.hasOwn(value, name)) note(faults, below(path, name), 'is needed')
  }
  return soundOf(value, path, (name, one, place) => {
    const shape = Object.hasOwn(members, name) ? members[name] : undefined
    return shape ? walk(shape, one, place, faults) : note(faults, place, 'is not a known name')
  })
}

function walkTable(...[{ of, names }, value, path, faults]: Parameters<Walk<'table'>>): unknown {
  if (!isNamed(value)) return note(faults, path, 'must be names with values')
  return soundOf(value, path, (name, one, place) => {
    const fault = nameFault(names, name)
    return fault ? note(faults, place, fault) : walk(of, one, place, faults)
  })
}

function nameFault(names: Names, name: string): string | undefined {
  if ('pattern' in names) {
    return new RegExp(names.pattern).test(name) ? undefined : `is not ${names.says}`
  }
  if (names.includes(name)) return undefined
  return names.length > MOST_LISTED ? 'is not a known name' : `is not one of: ${names.join(', ')}`
}

function soundOf(
  value: Readonly<Record<string, unknown>>,
  path: string,
  read: (name: string, one: unknown, place: string) => unknown,
): object {
  const sound = Object.entries(value).map(
    ([name, one]) => [name, read(name, one, below(path, name))] as const,
  )
  return Object.fromEntries(sound.filter(([, one]) => one !== undefined))
}

function below(path: string, name: string): string {
  const step = /^[\w-]+$/.test(name) ? name : JSON.stringify(name)
  return path === '' ? step : `${path}.${step}`
}
