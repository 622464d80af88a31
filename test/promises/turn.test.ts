// The requests of one turn are committed together: one write to disk answers many of them.

import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { call, getTokens, openBrowser } from '../door/browser.ts'
import { SECRETS } from '../door/fixtures.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { databaseOf, openFolder } from '../door/tokens.ts'

const REQUESTS = 64

let folder: ReturnType<typeof openFolder>
let server: TestServer
beforeEach(async () => {
  folder = openFolder()
  server = await startServer({ database: folder.database })
  // Its keys are made and written while it answers.
  await server.keys.ready('RS256')
  // Every commit since the last checkpoint can be counted in the log.
  databaseOf(server).exec('PRAGMA wal_autocheckpoint = 0')
})
afterEach(async () => {
  await server.close()
  folder.remove()
})

const HEADER = 32
const FRAME_HEADER = 24

/** How many transactions the write-ahead log holds: the last frame of each says the file's size. */
const countCommits = (): number => {
  const log = readFileSync(`${folder.path}-wal`)
  const frame = FRAME_HEADER + log.readUInt32BE(8)
  const salt = log.subarray(16, 24)
  let commits = 0
  for (let at = HEADER; at + frame <= log.length; at += frame) {
    // A frame of an older log has another salt: what comes from there on was not written since.
    if (!log.subarray(at + 8, at + 16).equals(salt)) break
    if (log.readUInt32BE(at + 4) > 0) commits++
  }
  return commits
}

const authorization = (client: string): string =>
  `Basic ${btoa(`${client}:${SECRETS[client] ?? ''}`)}`

/** What a token endpoint answered. */
type Told = { status: number; body: Record<string, unknown> }

/** Sends requests over one connection without waiting for an answer; they come back in order. */
const pipeline = (bodies: readonly string[], client: string): Promise<Told[]> =>
  new Promise((resolve, reject) => {
    const messages = bodies.map((body, index) =>
      [
        'POST /token HTTP/1.1',
        `Host: 127.0.0.1:${server.port}`,
        `Authorization: ${authorization(client)}`,
        'Content-Type: application/x-www-form-urlencoded',
        `Content-Length: ${body.length}`,
        ...(index === bodies.length - 1 ? ['Connection: close'] : []),
        '',
        body,
      ].join('\r\n'),
    )
    const socket = connect(server.port, '127.0.0.1', () => socket.write(messages.join('')))
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('end', () => {
      const answers = text.split(/(?=HTTP\/1\.1 )/)
      resolve(
        answers.map((answer) => ({
          status: Number(answer.slice(9, 12)),
          body: JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)),
        })),
      )
    })
  })

const post = (agent: Agent, body: string, client: string): Promise<Told> =>
  new Promise((resolve, reject) => {
    const headers = {
      authorization: authorization(client),
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': body.length,
    }
    const sent = request(server.url('/token'), { agent, method: 'POST', headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })

const checkAnswers = async (answers: readonly Told[], client: string): Promise<void> => {
  expect(answers.map(({ status }) => status)).toEqual(Array(REQUESTS).fill(200))
  const tokens = answers.map(({ body }) => String(body.access_token))
  expect(new Set(tokens).size).toBe(REQUESTS)
  for (const token of tokens) {
    expect((await call(server, '/introspect', client, { token })).body.active).toBe(true)
  }
}

test('64 requests of one turn on one connection are one commit', async () => {
  const bodies = Array<string>(REQUESTS).fill('grant_type=client_credentials')
  const before = countCommits()
  const answers = await pipeline(bodies, 'rs')
  const commits = countCommits() - before
  await checkAnswers(answers, 'rs')
  // The bytes may come in two pieces, each a turn of its own.
  expect(commits).toBeLessThanOrEqual(4)
})

test('64 refreshes on 64 open connections are far fewer commits', async () => {
  const browser = openBrowser()
  const scope = 'offline_access api.read'
  const tokens: string[] = []
  while (tokens.length < REQUESTS) {
    tokens.push((await getTokens(server, 'cc', { scope }, browser)).refresh_token)
  }
  const agent = new Agent({ keepAlive: true, maxSockets: REQUESTS })
  const warm = 'grant_type=client_credentials'
  await Promise.all(tokens.map(() => post(agent, warm, 'cc')))
  const before = countCommits()
  const answers = await Promise.all(
    tokens.map((token) => post(agent, `grant_type=refresh_token&refresh_token=${token}`, 'cc')),
  )
  const commits = countCommits() - before
  await checkAnswers(answers, 'cc')
  expect(commits).toBeLessThanOrEqual(REQUESTS / 4)
  agent.destroy()
})

test('one bad request among those of its turn spoils no other', async () => {
  const bodies = Array.from({ length: REQUESTS }, (_, index) =>
    index % 8 === 3
      ? `grant_type=client_credentials&scope=${index % 16 === 3 ? 'openid' : '%22'}`
      : 'grant_type=client_credentials&scope=api.read',
  )
  const answers = await pipeline(bodies, 'cc')
  expect(answers).toHaveLength(REQUESTS)
  for (const [index, { status, body }] of answers.entries()) {
    if (index % 8 === 3) expect({ status, error: body.error }).toEqual(invalidScope)
    else expect({ status, scope: body.scope }).toEqual({ status: 200, scope: 'api.read' })
  }
})

const invalidScope = { status: 400, error: 'invalid_scope' }

test('requests that come one by one are a commit each', async () => {
  // The measure measures: without company nothing is shared.
  const ask = () => call(server, '/token', 'rs', { grant_type: 'client_credentials' })
  // The first one also reserves a block of ids.
  await ask()
  const before = countCommits()
  for (let round = 0; round < 10; round++) await ask()
  expect(countCommits() - before).toBe(10)
})
