// Gathers the steps of many plans into few statements, and changes nothing about what they do.

import type { Step } from '../write.ts'
import type { Result } from './connections.ts'
import { statements } from './statements.ts'
import { isUnnestable, type Unnested, unnest } from './unnest.ts'

/** Steps of one name, as one statement. */
export type Gathered = Unnested & { steps: readonly Step[] }

type Group = { sql: Step['sql']; steps: Step[] }

/** Of spends: of many that want one row, an UPDATE has one winner, and says which. */
export function gatherSpends(steps: readonly Step[]): Gathered[] {
  const [updates, others] = [steps.filter(isUpdate), steps.filter((step) => !isUpdate(step))]
  // In the order of their rows at every server: two that want the same rows must not wait for each
  // other. The row's id is what these statements end with.
  const inOrder = updates.toSorted((a, b) => Number(a.values.at(-1)) - Number(b.values.at(-1)))
  return gather([...others, ...inOrder], isUpdate)
}

/** Of changes: an UPDATE changes a row once, and two plans may each have something to change. */
export function gatherChanges(steps: readonly Step[]): Gathered[] {
  return gather(steps, (step) => !isUpdate(step))
}

/** The steps that changed a row, of those that are alone or spends. */
export function changed({ steps }: Gathered, { rows, changed: count }: Result): Step[] {
  if (steps.length === 1) return count > 0 ? [...steps] : []
  return rows.flatMap(([nth]) => steps[Number(nth) - 1] ?? [])
}

function gather(steps: readonly Step[], canBeMany: (step: Step) => boolean): Gathered[] {
  const groups: Group[] = []
  for (const step of steps) {
    const { sql, must } = step
    const isAlone = must !== undefined || !canBeMany(step) || !isUnnestable(statements[sql])
    const group = isAlone ? undefined : groupFor(groups, sql)
    if (group) group.steps.push(step)
    else groups.push({ sql, steps: [step] })
  }
  return groups.map(({ sql, steps }) => {
    const values = steps.map((step) => step.values)
    return { ...unnest(statements[sql], values), steps }
  })
}

// The latest of this name, if nothing after it could see or undo what joins it.
function groupFor(groups: readonly Group[], sql: Step['sql']): Group | undefined {
  for (const group of groups.toReversed()) {
    if (group.sql === sql) return group
    if (sharesTable(group.sql, sql)) return undefined
  }
  return undefined
}

function isUpdate({ sql }: Step): boolean {
  return statements[sql].text.startsWith('UPDATE')
}

const tables = new Map<Step['sql'], readonly string[]>()

function tablesOf(sql: Step['sql']): readonly string[] {
  const known = tables.get(sql)
  if (known) return known
  const found = [...statements[sql].text.matchAll(/\b(?:FROM|JOIN|INTO|UPDATE) ([a-z_]+)/g)]
  const names = found.map(([, name = '']) => name)
  tables.set(sql, names)
  return names
}

function sharesTable(one: Step['sql'], other: Step['sql']): boolean {
  const names = tablesOf(other)
  return tablesOf(one).some((name) => names.includes(name))
}
