// Hands out row ids that were never given out before, not even before a crash.

import type { DatabaseSync } from 'node:sqlite'
import { answering } from './node-sqlite.ts'

const block = 10_000

/**
 * Answers `newId`. Ids are reserved on disk in blocks and counted in memory, so an id costs a
 * write once in 10,000 times; what a crash leaves of a block is never used.
 */
export function openIds(database: DatabaseSync): () => number {
  const reserve = database.prepare('UPDATE sequence SET next = next + ? WHERE id = 1')
  const read = database.prepare('SELECT next FROM sequence WHERE id = 1')
  let next = 0
  let end = 0
  return () => {
    if (next === end) {
      // The reservation must be on disk before its first id leaves: no RETURNING, whose commit
      // comes only with the last row.
      end = answering(() => {
        reserve.run(block)
        return Number(read.get()?.next)
      })
      next = end - block
    }
    return next++
  }
}
