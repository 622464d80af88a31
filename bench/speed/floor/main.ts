// The floor: a bare node:http server that does only what an OAuth server must do, as a process.

import { randomUUID } from 'node:crypto'
import { writeFileSync, writeSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, answer, type Sent } from './answers.ts'
import { seed } from './seed.ts'
import { openTables } from './tables.ts'

const [database = '', seedFile = '', families = '64', codes = '0'] = process.argv.slice(2)
const STDOUT = 1

const tables = openTables(database)
let waiting: { sent: Sent; response: ServerResponse }[] = []

/** The event line of a request, as long as Patois's own. */
function lineOf({ path, requestId }: Sent, { status, clientId }: Answer, time: string): string {
  const event = {
    level: 'info',
    time,
    requestId,
    type: 'request',
    decision: status < 400 ? 'allowed' : 'refused',
    reason: 'ok',
    dialect: 'standard',
    operation: path.slice(1),
    clientId,
    network: '127.0.0.1',
    status,
    msg: 'request',
  }
  return `${JSON.stringify(event)}\n`
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

// The requests that were read in one turn are written in one transaction and answered together.
function finishTurn(): void {
  const turn = waiting
  waiting = []
  const milliseconds = Date.now()
  const parts = { tables, issuer, now: Math.floor(milliseconds / 1000) }
  const answers = turn.map(({ sent }) => answer(parts, sent))
  const writing = answers.flatMap(({ writes = [] }, at) => (writes.length > 0 ? [at] : []))
  if (writing.length > 0) {
    const kept = tables.write(writing.map((at) => answers[at]?.writes ?? []))
    writing.forEach((at, index) => {
      if (!kept[index]) answers[at] = { status: 400, body: '{"error":"invalid_grant"}' }
    })
  }
  const time = new Date(milliseconds).toISOString()
  let lines = ''
  turn.forEach(({ sent, response }, at) => {
    const answered = answers[at]
    if (!answered) return
    send(response, answered)
    lines += lineOf(sent, answered, time)
  })
  writeSync(STDOUT, lines)
}

function accept(request: IncomingMessage, response: ServerResponse): void {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (text: string) => {
    body += text
  })
  request.on('end', () => {
    const { url = '', headers } = request
    const { authorization = '' } = headers
    if (waiting.length === 0) setImmediate(finishTurn)
    waiting.push({ sent: { path: url, authorization, body, requestId: randomUUID() }, response })
  })
}

const server = createServer({ keepAliveTimeout: 72_000 }, accept)
let issuer = ''
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  issuer = `http://127.0.0.1:${port}`
  const sizes = { families: Number(families), codes: Number(codes) }
  writeFileSync(seedFile, JSON.stringify({ port, seeds: seed(tables, issuer, sizes) }))
  writeSync(STDOUT, 'ready\n')
})

// What a profile has seen is written when the process ends by itself.
process.once('SIGTERM', () => process.exit())
