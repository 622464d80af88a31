// Receipts: whether a transaction was kept whose COMMIT had no answer.

import type { Connections, Result, Run } from './connections.ts'
import { numbered } from './statements.ts'

/** A transaction that answers `answer` if it was kept, and nobody has said so. */
export class InDoubt extends Error {
  readonly answer: unknown

  constructor(answer: unknown, cause: unknown) {
    super('Nobody answered whether this was kept.', { cause })
    this.answer = answer
  }
}

/** Leaves the receipt in the transaction that `run` is in. */
export type Leave = (run: Run) => Promise<Result>

/** The receipts of one server, which writes one transaction after the other. */
export type Receipts = {
  /**
   * Answers what `work` does, which writes one transaction with a receipt. When it is in doubt, the
   * receipt decides: what was undone is done again, until `end` of `performance.now`.
   */
  decide<T>(work: (leave: Leave) => Promise<T>, end: number): Promise<T>
  close(): Promise<void>
}

// One row for each server, with the number of its latest transaction. A second one that writes it
// waits until the first has ended, however long that was sent no answer.
const put = {
  name: 'receipt',
  ...numbered(`INSERT INTO receipts (id, latest) VALUES (?, ?) ON CONFLICT (id)
    DO UPDATE SET latest = greatest(receipts.latest, excluded.latest) RETURNING latest`),
}
const remove = numbered('DELETE FROM receipts WHERE id = ?')

/** A doubt is looked into for so long, even when the time of the transaction is over. */
const DOUBT_MS = 1000

/** Opens the receipts of a server, under an id that nobody else has. */
export function openReceipts(connections: Connections, newId: () => number): Receipts {
  let id = 0
  let latest = 0
  const wasKept = async (number: number, end: number): Promise<boolean> => {
    const until = Math.max(end, performance.now() + DOUBT_MS)
    const { rows } = await connections.run(put, [id, number - 1], until)
    return rows[0]?.[0] === number
  }
  return {
    async decide<T>(work: (leave: Leave) => Promise<T>, end: number): Promise<T> {
      id ||= newId()
      for (;;) {
        const number = ++latest
        try {
          return await work((run) => run(put, [id, number]))
        } catch (error) {
          if (!(error instanceof InDoubt)) throw error
          if (await wasKept(number, end)) return error.answer as T
        }
      }
    },
    close: async () => {
      // One that is killed leaves its row, which is small and in nobody's way.
      if (id > 0) await connections.run(remove, [id]).catch(() => {})
    },
  }
}
