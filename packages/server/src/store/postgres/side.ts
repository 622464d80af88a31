// A PostgreSQL database as one side of a move, or what a backup is made of.

import type { Awaitable } from '@patois/core'
import { UNREAD } from '../../metrics/meter.ts'
import type { Row } from '../rows.ts'
import type { Asked, How, Side } from '../side.ts'
import { type Connections, openConnections, type Run } from './connections.ts'
import { isPassing, openFault, unavailable } from './errors.ts'
import { appliedIn, migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { checkAlone, enter, type Presence, watch } from './presence.ts'
import { numbered } from './statements.ts'
import { timeOf } from './time.ts'
import { readPlace } from './url.ts'

// To count a large table takes its time.
const withinMs = 60 * 60 * 1000

const SNAPSHOT = { text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' }
const NEXT_ID = { text: 'UPDATE sequence SET next = next + 1 WHERE id = 1 RETURNING next - 1' }
const BEGIN = { text: 'BEGIN' }
const COMMIT = { text: 'COMMIT', withinMs }

/** Opens the database behind the URL. Throws one sentence when it cannot, or when servers use it. */
export async function openPostgresSide(url: string, how: How): Promise<Side> {
  const place = readPlace(url)
  let connections: Connections | undefined
  try {
    // One stands still in its snapshot while another one asks who uses the database.
    const most = Math.max(2, place.connections)
    connections = openConnections({ ...place, connections: most }, UNREAD)
    await connections.reach()
    return telling(await open(connections, place.name, how), place.name)
  } catch (error) {
    await connections?.close()
    throw openFault(place.name, error)
  }
}

/** What fails on the way names the database, as what fails at the start does. */
function telling(side: Side, place: string): Side {
  function told<A extends unknown[], T>(work: (...all: A) => Awaitable<T>) {
    return async (...all: A): Promise<T> => {
      try {
        return await work(...all)
      } catch (error) {
        throw openFault(place, isPassing(error) ? unavailable(error) : error)
      }
    }
  }
  return {
    ...side,
    ask: told(side.ask),
    write: told(side.write),
    eventId: told(side.eventId),
    checkAlone: told(side.checkAlone),
    now: told(side.now),
  }
}

async function open(connections: Connections, place: string, how: How): Promise<Side> {
  if (how === 'target') return openTarget(connections, place)
  const { run } = connections
  const shared = sharedOf(connections, place)
  const applied = await appliedIn(connections)
  if (how === 'beside') return { ...shared, applied }
  const isAlone = how === 'source' && applied.length > 0
  if (isAlone) await checkAlone(run, place)
  const check = isAlone ? await watch(run, place) : async () => {}
  const held = await hold(connections)
  const close = async (): Promise<void> => {
    held.release()
    await connections.close()
  }
  return { ...shared, applied, ask: asking(held.run), checkAlone: check, close }
}

function sharedOf(connections: Connections, place: string): Omit<Side, 'applied'> {
  const { run, using, close } = connections
  return {
    name: `postgres://${place}`,
    known: migrations.map(([name]) => name),
    ask: asking(run),
    write: (all) => using((on) => write(on, all)),
    eventId: async () => Number((await run(NEXT_ID)).rows[0]?.[0]),
    checkAlone: () => {},
    now: async () => Math.floor((await timeOf(connections)) / 1000),
    close,
  }
}

async function openTarget(connections: Connections, place: string): Promise<Side> {
  await migrate(connections)
  const presence = await enter(connections)
  await checkAlone(connections.run, place, presence.name).catch(leaving(presence))
  const close = async (): Promise<void> => {
    await presence.leave()
    await connections.close()
  }
  return { ...sharedOf(connections, place), applied: await appliedIn(connections), close }
}

function leaving({ leave }: Presence): (error: unknown) => Promise<never> {
  return async (error) => {
    await leave()
    throw error
  }
}

function asking(run: Run): Side['ask'] {
  return async (sql, values): Promise<readonly Row[]> =>
    (await run({ ...numbered(sql), withinMs }, values)).rows
}

async function write(run: Run, all: readonly Asked[]): Promise<number> {
  let changes = 0
  await run(BEGIN)
  for (const [sql, values] of all) {
    changes += (await run({ ...numbered(sql), withinMs }, values)).changed
  }
  await run(COMMIT)
  return changes
}

/** One connection whose transaction sees the database as it is now, until `release`. */
function hold({ using }: Connections): Promise<{ run: Run; release: () => void }> {
  return new Promise((resolve, reject) => {
    const held = using(async (run) => {
      await run(SNAPSHOT)
      await new Promise<void>((release) => resolve({ run, release }))
      // Nothing was written: whether this is heard is no matter, and nothing is to be tried again.
      await run(COMMIT).catch(() => {})
    })
    held.catch(reject)
  })
}
