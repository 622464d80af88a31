// The peers, each with its records in memory and in an SQLite file as durable as Patois's own.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { versionOf } from '../versions.ts'
import type { Contestant } from './contestants.ts'
import type { SeedSizes } from './given.ts'
import { versionOfGlewlwyd, whyNoGlewlwyd } from './glewlwyd.ts'
import type { PeerSaid, PeerTold, Wiring } from './peers/peer.ts'
import { startServer } from './start.ts'

/** A package that is measured, the file that runs it, and how it is run. */
export type Peer = { package: string; file: string; ways: readonly Way[] }

/** On disk when it is answered, or in the process only. */
export type Keeping = 'durable' | 'memory'

/** Where a peer keeps its records, and what stands around it. */
export type Way = { keeps: Keeping; wiring: Wiring }

const DOCUMENTED: readonly Way[] = [
  { keeps: 'durable', wiring: 'documented' },
  { keeps: 'memory', wiring: 'documented' },
]
const BOTH: readonly Way[] = [
  ...DOCUMENTED,
  { keeps: 'durable', wiring: 'bare' },
  { keeps: 'memory', wiring: 'bare' },
]

/** The peers; those that bring their own handler for Node's server have no other wiring. */
export const PEERS: readonly Peer[] = [
  { package: 'oidc-provider', file: 'oidc-provider', ways: DOCUMENTED },
  { package: '@node-oauth/oauth2-server', file: 'node-oauth', ways: BOTH },
  { package: '@jmondi/oauth2-server', file: 'jmondi', ways: BOTH },
  { package: '@better-auth/oauth-provider', file: 'better-auth', ways: DOCUMENTED },
]

/** How a peer is started. */
export type PeerOptions = { keeps: Keeping; wiring?: Wiring; slowMs?: number }

/** Starts a peer with its records in the folder or in memory. */
export async function startPeer(
  peer: Peer,
  folder: string,
  sizes: SeedSizes,
  { keeps, wiring = 'documented', slowMs = 0 }: PeerOptions,
): Promise<Contestant> {
  const seedFile = join(folder, 'seeds.json')
  const database = keeps === 'durable' && { database: join(folder, 'peer.db') }
  const told: PeerTold = { ...sizes, ...database, seedFile, wiring, slowMs }
  const file = fileURLToPath(new URL(`./peers/${peer.file}.ts`, import.meta.url))
  const running = await startServer([file, JSON.stringify(told)], {
    folder,
    ready: 'ready\n',
    env: { NODE_ENV: 'production' },
  })
  const said = JSON.parse(readFileSync(seedFile, 'utf8')) as PeerSaid
  return { ...running, ...said, name: nameOf(peer, { keeps, wiring }) }
}

/** As it is called in tables: `jmondi, durable`, or `jmondi, memory, bare`. */
function nameOf({ file }: Peer, { keeps, wiring }: Way): string {
  return [file, keeps, ...(wiring === 'bare' ? [wiring] : [])].join(', ')
}

/** The versions of all peers by name. */
export function versionsOfPeers(): Record<string, string> {
  const packages = PEERS.map((peer) => [peer.package, versionOf(peer.package)])
  const others = whyNoGlewlwyd() === undefined ? [['glewlwyd', versionOfGlewlwyd()]] : []
  return Object.fromEntries([...packages, ...others])
}
