// Peer: what every peer's process is told, and what it says once it is seeded and answers.

import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Paths } from '../contestants.ts'
import type { SeedSizes, Seeds } from '../given.ts'
import { memoryRows, type Rows, slowRows, sqliteRows } from './rows.ts'

/** What a peer answers, and what it was seeded with. */
export type PeerSaid = { port: number; seeds: Seeds; paths: Paths; rows: readonly string[] }

/** What a peer is made of. */
export type Peer = {
  paths: Paths
  /** The names of the rows that it takes part in. */
  rows: readonly string[]
  listen(request: IncomingMessage, response: ServerResponse): void
  seed(sizes: SeedSizes): Promise<Seeds>
}

/** Arguments of a peer's process: where it keeps its records, where it writes what it says. */
export type PeerArguments = {
  /** `memory`, or the path of an SQLite file. */
  store: string
  seedFile: string
  families: string
  codes: string
  /** Milliseconds that each operation of the store takes longer. */
  slow?: string
}

/** Nowhere. */
export const NO_PATHS: Paths = { token: '', introspect: '', userinfo: '', jwks: '', discovery: '' }

/** Runs the peer that `make` makes for an issuer and its records. */
export async function runPeer(make: (issuer: string, rows: Rows) => Promise<Peer>): Promise<void> {
  const [store = '', seedFile = '', families = '64', codes = '0', slow = '0'] =
    process.argv.slice(2)
  const kept = store === 'memory' ? memoryRows() : sqliteRows(store)
  const rows = slow === '0' ? kept : slowRows(kept, Number(slow))
  let peer: Peer | undefined
  const server = createServer({ keepAliveTimeout: 72_000 }, (request, response) =>
    peer?.listen(request, response),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const made = await make(`http://127.0.0.1:${port}`, rows)
  let seeds: Seeds | undefined
  await rows.together(async () => {
    seeds = await made.seed({ families: Number(families), codes: Number(codes) })
  })
  peer = made
  writeFileSync(seedFile, JSON.stringify({ port, seeds, paths: made.paths, rows: made.rows }))
  process.stdout.write('ready\n')
}

/** The body of a request as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  request.setEncoding('utf8')
  for await (const text of request) body += text
  return body
}

/** Answers JSON. */
export function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

/** As many as asked for, made one after the other. */
export async function times<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = []
  for (let at = 0; at < count; at++) made.push(await make())
  return made
}
