// The peers, each with its records in memory and in an SQLite file as durable as Patois's own.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Contestant } from './contestants.ts'
import type { SeedSizes } from './given.ts'
import type { PeerSaid } from './peers/peer.ts'
import { startServer } from './start.ts'

/** A package that is measured, the file that runs it, and where it keeps its records. */
export type Peer = { package: string; file: string; keeps: readonly Keeping[] }

/** On disk when it is answered, or in the process only. */
export type Keeping = 'durable' | 'memory'

const BOTH = ['durable', 'memory'] as const

/** The peers; better-auth looks its tokens up in a list when it has no database. */
export const PEERS: readonly Peer[] = [
  { package: 'oidc-provider', file: 'oidc-provider', keeps: BOTH },
  { package: '@node-oauth/oauth2-server', file: 'node-oauth', keeps: BOTH },
  { package: '@jmondi/oauth2-server', file: 'jmondi', keeps: BOTH },
  { package: '@better-auth/oauth-provider', file: 'better-auth', keeps: ['durable'] },
]

/** How a peer is started. */
export type PeerOptions = { keeps: Keeping; slowMs?: number }

/** Its version as it is installed. */
function versionOf(name: string): string {
  const { resolve } = createRequire(import.meta.url)
  const [at = ''] = resolve(name).match(new RegExp(`.*/node_modules/${name}/`)) ?? []
  return JSON.parse(readFileSync(`${at}package.json`, 'utf8')).version
}

/** Starts a peer with its records in the folder or in memory. */
export async function startPeer(
  peer: Peer,
  folder: string,
  { families, codes }: SeedSizes,
  { keeps, slowMs = 0 }: PeerOptions,
): Promise<Contestant> {
  const name = `${peer.file}, ${keeps}`
  const store = keeps === 'durable' ? join(folder, 'peer.db') : 'memory'
  const seedFile = join(folder, 'seeds.json')
  const file = fileURLToPath(new URL(`./peers/${peer.file}.ts`, import.meta.url))
  const args = [file, store, seedFile, String(families), String(codes), String(slowMs)]
  const running = await startServer(args, { folder, ready: 'ready\n' })
  const said = JSON.parse(readFileSync(seedFile, 'utf8')) as PeerSaid
  return { ...running, ...said, name }
}

/** The versions of all peers by name. */
export function versionsOfPeers(): Record<string, string> {
  return Object.fromEntries(PEERS.map((peer) => [peer.package, versionOf(peer.package)]))
}
