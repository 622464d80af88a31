// Reads: those of one turn that ask the same of different rows are one statement.

import { Unavailable } from '@patois/core'
import { type Meter, measureQueue } from '../../metrics/meter.ts'
import type { Row, Value } from '../rows.ts'
import type { ReadName } from '../statements.ts'
import type { Connections } from './connections.ts'
import { statements } from './statements.ts'
import { isUnnestable, unnest } from './unnest.ts'

/** The rows that a statement answers. */
export type Rows = (name: ReadName, values: readonly Value[]) => Promise<readonly Row[]>

type Asked = {
  values: readonly Value[]
  answer(rows: readonly Row[]): void
  fail(error: unknown): void
}

const askedPerStatement = 100
const askedAtOnce = 10_000

/** Answers the function that gathers reads until the end of the turn, and then asks. */
export function openRows({ run }: Connections, meter: Meter): Rows {
  let waiting = new Map<ReadName, Asked[]>()
  let count = 0
  const full = measureQueue(meter, 'reads', askedAtOnce, () => count)

  const ask = async (name: ReadName, asked: readonly Asked[]): Promise<void> => {
    try {
      const values = asked.map((one) => one.values)
      const { statement, values: lists } = unnest(statements[name], values)
      const { rows } = await run(statement, lists)
      if (asked.length === 1) return asked[0]?.answer(rows)
      const found = Map.groupBy(rows, (row) => Number(row.at(-1)) - 1)
      for (const [at, { answer }] of asked.entries()) answer(found.get(at) ?? [])
    } catch (error) {
      // What cannot be asked for must not spoil what the others ask.
      if (asked.length === 1 || error instanceof Unavailable) {
        for (const { fail } of asked) fail(error)
      } else for (const one of asked) await ask(name, [one])
    }
  }

  const turn = (): void => {
    const now = waiting
    waiting = new Map()
    for (const [name, asked] of now) {
      const most = isUnnestable(statements[name]) ? askedPerStatement : 1
      for (let at = 0; at < asked.length; at += most) {
        const part = asked.slice(at, at + most)
        void ask(name, part).finally(() => {
          count -= part.length
        })
      }
    }
  }

  return (name, values) =>
    new Promise((answer, fail) => {
      if (count >= askedAtOnce) {
        full.value++
        return fail(new Unavailable('Too many reads wait.'))
      }
      count++
      if (waiting.size === 0) setImmediate(turn)
      const same = waiting.get(name)
      if (same) same.push({ values, answer, fail })
      else waiting.set(name, [{ values, answer, fail }])
    })
}
