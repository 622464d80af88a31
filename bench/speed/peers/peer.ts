// Peer: what every peer's process is told, and what it says once it is seeded and answers.

import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Paths } from '../contestants.ts'
import type { SeedSizes, Seeds } from '../given.ts'
import { memoryRows, type Rows, slowRows, sqliteRows } from './rows.ts'

/** What a peer answers, and what it was seeded with. */
export type PeerSaid = { port: number; seeds: Seeds; paths: Paths; rows: readonly string[] }

/** Around a library: what its documentation puts there, or the least that can be. */
export type Wiring = 'documented' | 'bare'

/** What a peer is made of. */
export type Peer = {
  paths: Paths
  /** The names of the rows that it takes part in. */
  rows: readonly string[]
  listen(request: IncomingMessage, response: ServerResponse): void
  seed(sizes: SeedSizes): Promise<Seeds>
}

/** What a peer's process is told. */
export type PeerTold = SeedSizes & {
  /** The path of an SQLite file; records are kept in memory where there is none. */
  database?: string
  seedFile: string
  wiring: Wiring
  /** Milliseconds that each operation of the store takes longer. */
  slowMs: number
}

/** What a peer is made from. */
export type PeerParts = { issuer: string; rows: Rows; told: PeerTold }

/** Nowhere. */
export const NO_PATHS: Paths = { token: '', introspect: '', userinfo: '', jwks: '', discovery: '' }

function openRows({ database, slowMs }: PeerTold): Rows {
  const rows = database === undefined ? memoryRows() : sqliteRows(database)
  return slowMs === 0 ? rows : slowRows(rows, slowMs)
}

/** Runs the peer that is made of an issuer and its records. */
export async function runPeer(make: (parts: PeerParts) => Promise<Peer>): Promise<void> {
  const told = JSON.parse(process.argv[2] ?? '') as PeerTold
  const { families, codes, seedFile } = told
  const rows = openRows(told)
  let peer: Peer | undefined
  const server = createServer({ keepAliveTimeout: 72_000 }, (request, response) =>
    peer?.listen(request, response),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const made = await make({ issuer: `http://127.0.0.1:${port}`, rows, told })
  let seeds: Seeds | undefined
  await rows.together(async () => {
    seeds = await made.seed({ families, codes })
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
