// The page about keeping tokens, block by block: what it tells a reader to write works.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium } from '../door/chromium.ts'
import { SECRETS } from '../door/fixtures.ts'
import { KEY } from '../door/kept.ts'
import { startModulePage } from '../door/modules.ts'
import type { StoreKind } from '../door/open-tokens.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { openPlaces, type Places, whyNoStore } from '../door/stores.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = readFileSync(join(ROOT, 'docs/client/keeping-tokens.md'), 'utf8')
const REDIRECT = 'https://app.example.com/callback'

/** The blocks of the page; `marks` are the words behind the language. */
const BLOCKS = [...PAGE.matchAll(/```ts(.*)\n([\s\S]*?)```/g)].map(([, marks = '', code = '']) => ({
  marks: marks.trim(),
  code,
}))
const SERVERS: StoreKind[] = ['PostgreSQL', 'Redis']

let server: TestServer
let places: Places
let folder: string
beforeAll(async () => {
  server = await startServer({
    configuration: {
      resources: [],
      clients: [
        {
          client_id: 'web',
          client_secret: SECRETS.quiet,
          redirect_uris: [REDIRECT],
          grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
          scope: 'openid offline_access api.read',
        },
      ],
    },
  })
  places = await openPlaces(SERVERS)
  folder = mkdtempSync(join(tmpdir(), 'patois-page-'))
})
afterAll(async () => {
  await server.close()
  await places.close()
  rmSync(folder, { recursive: true })
})

/** Runs code as a program whose person signs in wherever `visit` leads them; answers its output. */
const run = async (code: string, env: Record<string, string> = {}): Promise<string> => {
  const door = JSON.stringify({ origin: server.origin })
  const text = `// A page's blocks as a program.
import { openBrowser, walkFrom } from '../test/door/browser.ts'
const visit = async (to: string) => ({ url: (await walkFrom(${door} as never, openBrowser(), to)).location ?? '' })
${code}`
  // Beside the tests, so that it finds the packages where a project would.
  mkdirSync(join(ROOT, 'test-output'), { recursive: true })
  const file = join(ROOT, 'test-output', `page-${server.port}.ts`)
  writeFileSync(
    file,
    text
      .replaceAll('https://id.example.com', server.issuer)
      .replaceAll('https://api.example.com/orders', server.url('/userinfo')),
  )
  const args = ['--conditions=patois-source', '--disable-warning=ExperimentalWarning', file]
  const secrets = { CLIENT_SECRET: SECRETS.quiet ?? '', TOKEN_KEY: KEY }
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, ...secrets, ...env },
    })
    return stdout
  } finally {
    rmSync(file)
  }
}

/** The blocks that tell one story, the client's first. */
const STORY = BLOCKS.filter(({ marks }) => marks === '').map(({ code }) => code)

test('the story from sign-in to logout', async () => {
  const [first = '', second = '', third = '', fourth = ''] = STORY
  expect(STORY).toHaveLength(4)
  const said = `console.log(orders.status, token.slice(0, 3), await alice.read() === undefined)`
  const end = 'console.log((await machine.getToken()).slice(0, 3))'
  const out = await run([first, second, third, said, fourth, end].join('\n'))
  expect(out).toBe('200 pa_ true\npa_\n')
})

const USE = `
const { url } = await client.authorizeUrl()
const kept = keep({ client, store, name: 'bob', secrets: [process.env.TOKEN_KEY ?? ''] })
await kept.save(await client.callback((await visit(url)).url))
console.log((await kept.getToken()).slice(0, 3))
process.exit()`

for (const { marks, code } of BLOCKS.filter(({ marks }) => marks.startsWith('store'))) {
  const kind = SERVERS.find((one) => marks.endsWith(one))
  const why = kind && whyNoStore(kind)
  const [, title = 'a store'] = /= (?:new )?(\w+)\(/.exec(code.slice(code.indexOf('store ='))) ?? []
  test.skipIf(why)(`the block with ${title}${why ? ` — ${why}` : ''}`, async () => {
    const at = kind ? (await places.make(kind)).at : ''
    const env = { DATABASE_URL: at, REDIS_URL: at }
    expect(await run([STORY[0], code, USE].join('\n'), env)).toBe('pa_\n')
  })
}

test('the block for browsers', async () => {
  const [{ code } = { code: '' }] = BLOCKS.filter(({ marks }) => marks === 'browser')
  const script = `import { connect, keep } from '@patois/client'
import { standard } from '@patois/core/dialects/standard'
${code}
const client = connect({ dialect: standard, url: 'https://id.example.com', clientId: 'web' })
const kept = keep({ client, store, name: 'alice', secrets: ['${KEY}'] })
await kept.save({ accessToken: 'a token', tokenType: 'Bearer', scope: [], extra: {} })
document.title = await kept.getToken()`
  const page = await startModulePage(stripTypeScriptTypes(script))
  const browser = await startChromium()
  const tab = await browser.newPage()
  await tab.goto(page.origin)
  await tab.waitForFunction(() => document.title === 'a token')
  await browser.close()
  await page.close()
})

test('every block is run by one of these tests', () => {
  const marks = new Set(BLOCKS.map(({ marks }) => marks))
  expect([...marks].sort()).toEqual(['', 'browser', 'store', 'store PostgreSQL', 'store Redis'])
})
