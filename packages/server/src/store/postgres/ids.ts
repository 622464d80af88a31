// Hands out row ids that were never given out before, by no server of the database.

import { Unavailable } from '@patois/core'
import type { Connections } from './connections.ts'
import { numbered } from './statements.ts'

// 2^33 blocks are there, and a server that stops leaves two unfinished at most.
const BLOCK = 2 ** 20

const reserve = numbered('UPDATE sequence SET next = next + ? WHERE id = 1 RETURNING next')

type Block = { next: number; end: number }

/**
 * Answers `newId`. Each server counts in a block of its own, so that rows written by one lie
 * together and two servers do not write at the same place of an index. The next block is
 * reserved long before it is needed; `newId` throws `Unavailable` when that never succeeded.
 */
export async function openIds({ run }: Connections): Promise<() => number> {
  const take = async (): Promise<Block> => {
    const { rows } = await run(reserve, [BLOCK])
    const end = Number(rows[0]?.[0])
    return { next: end - BLOCK, end }
  }
  let block = await take()
  let spare: Block | undefined
  let isTaking = false
  const prepare = async (): Promise<void> => {
    if (isTaking) return
    isTaking = true
    // Where it fails, the next id asks again.
    spare = await take().catch(() => undefined)
    isTaking = false
  }
  return () => {
    if (!spare && block.end - block.next < BLOCK / 2) void prepare()
    if (block.next === block.end) {
      if (!spare) throw new Unavailable('The database has given no new ids.')
      block = spare
      spare = undefined
    }
    return block.next++
  }
}
