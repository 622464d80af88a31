// Sweeping in PostgreSQL: each rule on its own, so that no lock is held for longer than one takes.

import type { Store } from '@patois/core'
import { forgets, sweepsIn } from '../sweep.ts'
import type { Connections } from './connections.ts'
import { named, words } from './statements.ts'

const { prepare, remove } = sweepsIn(words)
// Only servers that share a database count failures there: a bucket goes when it is empty.
const buckets = `DELETE FROM failures WHERE (issuer, name) IN
  (SELECT issuer, name FROM failures WHERE issuer = :issuer AND empty_at <= :now LIMIT :limit)`
const first = prepare.map(named)
const rules = [...remove, buckets].map(named)
const events = named(forgets.events)
const addresses = named(forgets.addresses)

/** Answers the `sweep` of `Store`. */
export function openSweep({ run }: Connections, issuer: number): Store['sweep'] {
  return async (now, limit, jwt = 0) => {
    const given = { issuer, now, limit, jwt }
    for (const [statement, values] of first) await run(statement, values(given))
    let rows = 0
    for (const [statement, values] of rules) {
      rows += (await run(statement, values(given))).changed
    }
    return { rows }
  }
}

/** Answers the `forget` of `Store`. */
export function openForget({ run }: Connections, issuer: number): Store['forget'] {
  return async (before, limit) => {
    const [[old, ofOld], [known, ofKnown]] = [events, addresses]
    const gone = await run(old, ofOld({ issuer, before: before.events, limit }))
    const bare = await run(known, ofKnown({ issuer, before: before.addresses, limit }))
    return { rows: gone.changed + bare.changed }
  }
}
