// The store in PostgreSQL, for any number of servers.

import type { Store } from '@patois/core'
import { type Meter, UNREAD } from '../metrics/meter.ts'
import {
  checkFilled,
  checkMark,
  issuerId,
  marks,
  markValues,
  revisions,
  type StoreOptions,
} from './mark.ts'
import { openRows } from './postgres/ask.ts'
import { type Connections, openConnections } from './postgres/connections.ts'
import { openFault } from './postgres/errors.ts'
import { openFailures } from './postgres/failures.ts'
import { openIds } from './postgres/ids.ts'
import { migrate } from './postgres/migrate.ts'
import { enter, type Presence } from './postgres/presence.ts'
import { openReceipts } from './postgres/receipts.ts'
import { numbered } from './postgres/statements.ts'
import { openForget, openSweep } from './postgres/sweep.ts'
import { timeOf } from './postgres/time.ts'
import { openTransact } from './postgres/transact.ts'
import { readPlace } from './postgres/url.ts'
import { openQueue } from './queue.ts'
import { type Ask, forgetKnown, openKnown, openReads, putsClient } from './read.ts'

const RAISE = numbered(revisions.raise)

async function mark({ run }: Connections, name: string, options: StoreOptions): Promise<void> {
  const { rows: filling } = await run(numbered(marks.filling), [issuerId])
  checkFilled(filling[0] && { place: filling[0][0] }, name)
  await run(numbered(marks.set), markValues(options))
  const { rows } = await run(numbered(marks.get), [issuerId])
  const [url, mode] = rows[0] ?? []
  checkMark({ url, mode }, name, options)
}

async function assemble(
  connections: Connections,
  { leave }: Presence,
  meter: Meter,
): Promise<Store> {
  const known = openKnown()
  const newId = await openIds(connections)
  const rows = openRows(connections, meter)
  const ask: Ask = async (name, values, read) => read(await rows(name, values))
  const receipts = openReceipts(connections, newId)
  const queue = openQueue(
    openTransact({
      connections,
      receipts,
      issuer: issuerId,
      eventId: newId,
      written: (plans) => {
        if (plans.some(putsClient)) forgetKnown(known)
      },
    }),
    meter,
  )
  let closed = false
  return {
    newId,
    ...openReads(ask, issuerId, known),
    raiseRevision: async (revision) =>
      (await connections.run(RAISE, [issuerId, revision])).changed > 0,
    commit: queue.commit,
    sweep: openSweep(connections, issuerId),
    forget: openForget(connections, issuerId),
    time: () => timeOf(connections),
    countFailures: openFailures(connections, issuerId),
    close: async () => {
      if (closed) return
      closed = true
      await queue.close()
      await receipts.close()
      await leave()
      await connections.close()
    },
  }
}

/**
 * Opens the database behind the URL, and creates or migrates it. Throws one clear sentence when
 * it is of another issuer, of the other mode, or of a newer program, and `Unavailable` when it
 * does not answer.
 */
export async function openPostgres({
  url,
  ...options
}: { url: string } & StoreOptions): Promise<Store> {
  const place = readPlace(url)
  const { meter = UNREAD } = options
  let connections: Connections | undefined
  let presence: Presence | undefined
  try {
    connections = openConnections(place, meter)
    await connections.reach()
    await migrate(connections)
    presence = await enter(connections)
    await mark(connections, place.name, options)
    return await assemble(connections, presence, meter)
  } catch (error) {
    await presence?.leave()
    await connections?.close()
    throw openFault(place.name, error)
  }
}
