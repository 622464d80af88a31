// Dev mode's pages over plain HTTP: what they print works, and who may use them.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DIALECTS, type Dialect } from '@patois/core'
import { CATALOGUE } from '@patois/core/catalogue'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { start } from '../door/cli.ts'
import { SECRETS } from '../door/fixtures.ts'
import { ask, commandsIn, plain, runScript, stepsOf } from '../door/play.ts'
import { freePort, startServer, type TestServer } from '../door/server.ts'

const names = DIALECTS.map(({ name }) => name)
const PAGES = ['/dev', '/dev/play', '/dev/lens']
const ASSETS = [
  '/assets/dev.css',
  ...['callback', 'copy', 'flow', 'play'].map((one) => `/assets/dev/${one}.js`),
]

const PIECES = ['calls', 'faults', 'mermaid'].map((one) => `/dev/flow/${one}`)

let server: TestServer
beforeAll(async () => {
  server = await startServer({ demo: true, configuration: { dialects: names } })
})
afterAll(() => server.close())

/** The commands of an exchange whose code has just been minted by the step before. */
const exchangeOf = async (dialect: string): Promise<Record<string, string>> => {
  const flow = { dialect, grant: 'authorization_code' }
  const steps = await stepsOf(server, dialect, flow.grant)
  const [first, second] = steps
  const { facts } = await ask(server, {
    ...flow,
    step: first?.name,
    fields: first?.fields,
    run: true,
  })
  const fields = { ...second?.fields, code: facts.code }
  return commandsIn(
    (await ask(server, { ...flow, step: second?.name, fields, run: false })).outcome,
  )
}

describe('what the playground prints', () => {
  test.each(names)('is TypeScript that gets tokens in %s', async (dialect) => {
    const { 'TypeScript · @patois/client': script = '' } = await exchangeOf(dialect)
    expect(await runScript(dialect, script, 'tokens.accessToken')).toMatch(/^test_pa_|^eyJ/)
  })

  test('is a sign-in with openid-client', async () => {
    const { 'TypeScript · openid-client': script = '' } = await exchangeOf('standard')
    expect(await runScript('openid-client', script, 'tokens.refresh_token')).toMatch(/^test_pr_/)
  })

  test.each(names)('is the code of the SDK of %s, with every value', async (dialect) => {
    const steps = await stepsOf(server, dialect, 'authorization_code')
    expect(steps.map(({ name }) => name)).toEqual([
      'authorize',
      'authorization_code',
      'userinfo',
      'refresh_token',
      'introspect',
      'revoke',
    ])
    for (const { commands } of steps) {
      const [curl, ours, ...sdk] = Object.entries(commands)
      expect([curl?.[0], ours?.[0]]).toEqual(['curl', 'TypeScript · @patois/client'])
      for (const [, text] of sdk) expect(text).not.toMatch(/\{\w+\}|[(\s]''/)
    }
    const [, exchange] = steps
    expect(Object.keys(exchange?.commands ?? {})).toHaveLength(3)
  })
})

test.each(['standard', 'apimatic'])('takes client credentials in %s', async (dialect) => {
  const flow = { dialect, grant: 'client_credentials' }
  const [step] = await stepsOf(server, dialect, flow.grant)
  const { facts, outcome } = await ask(server, {
    ...flow,
    step: step?.name,
    fields: step?.fields,
    run: true,
  })
  expect(facts.access_token).toMatch(/^test_pa_|^eyJ/)
  expect(plain(outcome)).toContain('200 OK')
})

test('takes a password for a client that may, and says why not for one that may not', async () => {
  const flow = { dialect: 'standard', grant: 'password', step: 'password', run: true }
  const [step] = await stepsOf(server, 'standard', 'password')
  const refused = await ask(server, { ...flow, fields: step?.fields })
  expect(refused.outcome).toContain('/dev/why/grant_not_allowed?request=')
  const client = { client_id: 'ropc', client_secret: SECRETS.ropc }
  const { facts } = await ask(server, { ...flow, fields: { ...step?.fields, ...client } })
  expect(facts.access_token).toMatch(/^test_pa_|^eyJ/)
})

test('every dialect of the catalogue gets tokens in the playground, and is found by its snippet', async () => {
  const served = (CATALOGUE as readonly Dialect[]).filter(({ serve }) => serve !== false)
  const mounts = served.map(({ name }) => ({ dialect: name, at: `/${name}` }))
  const other = await startServer({
    demo: true,
    configuration: { dialects: ['standard', ...mounts] },
  })
  const failed: string[] = []
  for (const dialect of served) {
    const { name } = dialect
    const flow = { dialect: `${name} /${name}`, grant: 'authorization_code', run: true }
    const [first, second] = await stepsOf(other, flow.dialect, flow.grant)
    const { facts } = await ask(other, { ...flow, step: first?.name, fields: first?.fields })
    const fields = { ...second?.fields, code: facts.code }
    const got = await ask(other, { ...flow, step: second?.name, fields })
    if (!/^test_pa_|^eyJ/.test(got.facts.access_token ?? '')) failed.push(name)
    const script = second?.commands['TypeScript · @patois/client'] ?? ''
    const [, value = '', path = ''] =
      /^import { (\w+) } from '(@patois\/core.*)'$/m.exec(script) ?? []
    const module = (await import(path)) as Record<string, unknown>
    if (module[value] !== dialect) failed.push(path)
  }
  await other.close()
  expect(failed).toEqual([])
  expect(served.length).toBeGreaterThan(30)
})

test('only a page of our own takes a step', async () => {
  const send = async (headers: Record<string, string>, body = '{"step":"authorize"}') => {
    const said = { method: 'POST', headers, body }
    return (await fetch(server.url('/dev/play'), said)).status
  }
  const json = { 'content-type': 'application/json' }
  expect(await send({ 'content-type': 'text/plain' })).toBe(403)
  expect(await send({ ...json, origin: 'https://elsewhere.test' })).toBe(403)
  expect(await send({ ...json, 'sec-fetch-site': 'same-site' })).toBe(403)
  expect(await send(json, '{"step":"nothing"}')).toBe(400)
  expect(await send(json, '[]')).toBe(400)
  expect(await send(json)).toBe(200)
})

test('the pages take scripts, styles and data from here and from nowhere else', async () => {
  for (const path of PAGES) {
    const answer = await fetch(server.url(path))
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect([path, answer.status]).toEqual([path, 200])
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'/,
    )
    expect(policy).not.toMatch(/unsafe|\*|http/)
    const text = await answer.text()
    expect(text).not.toMatch(/<script(?![^>]* src=)|\son\w+=|style=/)
  }
  for (const path of ASSETS) expect((await fetch(server.url(path))).status).toBe(200)
})

test('what a caller sent stays text in the diagram, and in its Mermaid', async () => {
  const evil = `"'><script>1</script>;end#35;`
  await fetch(server.url(`/token/${encodeURIComponent(evil)}`), { headers: { 'user-agent': evil } })
  const rows = await (await fetch(server.url('/dev/flow/calls'))).text()
  expect(rows).toContain('&lt;script&gt;1&lt;/script&gt;')
  expect(rows).not.toContain('<script')
  const asked = new URLSearchParams({ operation: 'nothing' })
  const text = await (await fetch(server.url(`/dev/flow/mermaid?${asked}`))).text()
  const arrow =
    /^ {2}(browser|client|server|resource)(->>|-->>|--x)(browser|client|server|resource): [^;#]*$/
  const lines = text.trimEnd().split('\n').slice(5)
  expect(lines).toHaveLength(2)
  for (const line of lines) expect(line.replace(/#\d+;/g, '')).toMatch(arrow)
})

test('nothing of them is there outside dev mode', async () => {
  const other = await startServer()
  for (const path of [...PAGES, ...PIECES, ...ASSETS]) {
    expect([path, (await fetch(other.url(path))).status]).toEqual([path, 404])
  }
  await other.close()
})

test('a server in production loads nothing of them', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'patois-loads-'))
  const list = join(cwd, 'loaded.txt')
  const hook = `import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
registerHooks({
  load(url, context, next) {
    appendFileSync(${JSON.stringify(list)}, url + '\\n')
    return next(url, context)
  },
})
`
  writeFileSync(join(cwd, 'hook.mjs'), hook)
  const port = await freePort()
  const said = { issuer: `http://127.0.0.1:${port}`, listen: { port }, database: 'sqlite::memory:' }
  writeFileSync(join(cwd, 'patois.json'), JSON.stringify(said))
  const NODE_OPTIONS = `--import=${join(cwd, 'hook.mjs')}`
  const env = { NODE_OPTIONS, PATOIS_MASTER_KEY: 'x'.repeat(32) }
  const running = start(['serve', '--config', 'patois.json'], { cwd, env })
  await running.until('Patois answers at')
  await fetch(said.issuer)
  await running.stop()
  const loaded = readFileSync(list, 'utf8').split('\n')
  expect(loaded.some((url) => url.endsWith('/http/home.ts'))).toBe(true)
  const dev = /\/(http\/dev|http\/dev-pages|pages\/dev|pages\/words\/dev|sdk-samples)[/.]/
  expect(loaded.filter((url) => dev.test(url))).toEqual([])
  rmSync(cwd, { recursive: true })
})
