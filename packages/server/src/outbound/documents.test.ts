// Tests of the documents: how much of them is kept.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fixedClock } from '../clock.ts'
import { openLog } from '../log.ts'
import { openDocuments } from './documents.ts'
import { openReach } from './reach.ts'

const KILOBYTE = 1024
let asked: string[] = []
let size = 0

const server = createServer((request, response) => {
  asked.push(request.url ?? '')
  response.writeHead(200, { 'content-type': 'application/jwk-set+json' })
  response.end(JSON.stringify({ keys: [], pad: 'x'.repeat(size) }))
})

beforeEach(async () => {
  asked = []
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterEach(() => new Promise((done) => server.close(done)))

/** Documents of a server on loopback, each under its number. */
function open() {
  const { port } = server.address() as AddressInfo
  const log = openLog('silent')
  const reach = openReach(['127.0.0.1'], 'http://127.0.0.1')
  const documents = openDocuments({ reach, clock: fixedClock(1_000_000), log })
  return (index: number) => documents.read(`http://127.0.0.1:${port}/${index}`)
}

test('many small documents are kept, each as the same object', async () => {
  const read = open()
  const first = await read(0)
  expect(first).toEqual({ keys: [], pad: '' })
  for (let index = 1; index < 50; index++) await read(index)
  expect(await read(0)).toBe(first)
  expect(asked).toHaveLength(50)
})

test('of more than 32 MB, those that were read longest ago are read again', async () => {
  size = 250 * KILOBYTE
  const read = open()
  for (let index = 0; index < 140; index++) await read(index)
  await read(139)
  expect(asked).toHaveLength(140)
  await read(0)
  expect(asked).toHaveLength(141)
  size = 0
})
