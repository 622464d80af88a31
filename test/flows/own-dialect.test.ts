// A dialect of one's own: the page that writes one, run; and a real SDK through one.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTo } from '@patois/client'
import { readDialect } from '@patois/client/dialect-file'
import { Client, OAuthAuthorizationController } from '@paypal/paypal-server-sdk'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { paste, runToEnd, start } from '../door/cli.ts'
import { openPage } from '../door/page.ts'
import { freePort } from '../door/server.ts'

const [kiwi = '', pay = '', mounts = '', called = ''] =
  openPage('docs/dialects/own.md').code('yaml')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'patois-own-'))
  writeFileSync(join(folder, 'kiwi.yaml'), kiwi)
  writeFileSync(join(folder, 'pay.yaml'), pay)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The SDK knows its provider's address and no other: its connections are led to ours. */
class LoopbackAgent extends Agent {
  readonly port: number

  constructor(port: number) {
    super()
    this.port = port
  }

  override createConnection(): Socket {
    return connect(this.port, '127.0.0.1')
  }
}

const run = (...args: string[]) => runToEnd(args, { cwd: folder })

test('both files of the page are fine, and shown as they look on the wire', async () => {
  for (const name of ['kiwi', 'pay']) {
    expect((await run('dialect', 'check', `${name}.yaml`)).code).toBe(0)
  }
  const { out } = await run('dialect', 'show', 'kiwi.yaml')
  expect(out).toContain('POST /api/login/token HTTP/1.1')
  expect(out).toContain('kiwi-secret: ')
  expect(out).toContain('HTTP/1.1 418')
  // What its token call cannot carry, nobody can send.
  expect(out).not.toContain('## token, password')
})

test('the file of the page says where its provider is', async () => {
  const [own, more] = [parse(kiwi), parse(called)]
  const authorize = { ...own.operations.authorize, ...more.operations.authorize }
  const operations = { ...own.operations, authorize }
  const dialect = readDialect({ ...own, ...more, operations })
  const client = connectTo({ dialect, clientId: 'shop', redirectUri: 'https://rp.test/cb' })
  const url = new URL((await client.authorizeUrl()).url)
  expect(url.origin).toBe('https://login.kiwi.example')
  expect(url.searchParams.get('access')).toBe('offline')
  expect(url.searchParams.has('code_challenge')).toBe(false)
})

test('the file of the page is served, and its printed line gets a token in its shape', async () => {
  const port = await freePort()
  writeFileSync(join(folder, 'patois.yaml'), mounts)
  const args = ['dev', '--port', String(port), '--config', 'patois.yaml']
  const running = start([...args, '--database', 'sqlite::memory:'], { cwd: folder })
  onTestFinished(async () => void (await running.stop()))
  await running.until('Ctrl+C stops the server.')
  const lines = running.printed.out.split('\n')
  const line = lines[lines.findIndex((one) => one.includes('# kiwi, authorization_code')) + 1] ?? ''
  expect(await paste(line)).toEqual({
    ok: true,
    result: {
      token: expect.stringMatching(/^test_pa_/),
      lastsFor: '3600',
      renewWith: expect.stringMatching(/^test_pr_/),
    },
  })
  const wrong = await fetch(`http://127.0.0.1:${port}/api/login/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'kiwi-client': 'demo', 'kiwi-secret': 'wrong' },
    body: JSON.stringify({ kind: 'authorization_code', ticket: 'x' }),
  })
  expect(wrong.status).toBe(418)
  expect(await wrong.json()).toMatchObject({ ok: false, why: 'invalid_client' })
})

test("PayPal's server SDK gets a token through the dialect that changes one path", async () => {
  const port = await freePort()
  const secret = 'a secret with spaces, +/= and thirty-two characters'
  const configuration = {
    issuer: `http://127.0.0.1:${port}`,
    dialects: ['./pay.yaml'],
    scopes: { 'pay.read': 'Read payments' },
    clients: [
      {
        client_id: 'shop',
        client_secret: secret,
        grant_types: ['client_credentials'],
        scope: 'pay.read',
        dialects: ['pay'],
      },
    ],
  }
  writeFileSync(join(folder, 'pay-server.json'), JSON.stringify(configuration))
  const args = ['serve', '--config', 'pay-server.json', '--port', String(port)]
  const env = { PATOIS_MASTER_KEY: 'k'.repeat(40) }
  const running = start([...args, '--database', 'sqlite:pay.db'], { cwd: folder, env })
  onTestFinished(async () => void (await running.stop()))
  await running.until('Patois answers at')
  const httpsAgent = new LoopbackAgent(port)
  const client = new Client({ httpClientOptions: { httpsAgent } })
  const sdk = new OAuthAuthorizationController(client)
  const ask = (by: string) =>
    sdk.requestToken({ authorization: `Basic ${btoa(`shop:${by}`)}`, scope: 'pay.read' })
  const { result } = await ask(secret)
  expect(result).toMatchObject({
    accessToken: expect.stringMatching(/^pa_/),
    tokenType: 'Bearer',
    scope: 'pay.read',
  })
  // What only its OAuthProviderError has: the provider's code, taken out of the body.
  const thrown = { statusCode: 401, result: { error: 'invalid_client' } }
  await expect(ask('wrong')).rejects.toMatchObject(thrown)
})
