// The pages about the client: every file on them is run against a server, and prints what stands there.

import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cookieOf, logIn, newPkce, openBrowser, walkFrom } from '../door/browser.ts'
import { PASSWORDS } from '../door/fixtures.ts'
import { type Block, openPage, ROOT } from '../door/page.ts'
import { startServer, type TestServer } from '../door/server.ts'

const SECRET = 'a secret of more than thirty-two characters'
const RU = 'https://app.test/cb'
const FOLDER = join(ROOT, 'test-output')

const client = (client_id: string, dialect: string, more: Record<string, unknown> = {}) => ({
  client_id,
  client_secret: SECRET,
  redirect_uris: [RU],
  grant_types: ['authorization_code', 'refresh_token'],
  consent: 'implicit',
  require_pkce: false,
  dialects: [dialect],
  ...more,
})

let server: TestServer
beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true })
  server = await startServer({
    configuration: {
      dialects: ['standard', 'bolt', 'apimatic', 'cal', 'ultracart'],
      scopes: { read: 'Read', write: 'Write', 'api.read': 'Read all' },
      resources: [],
      clients: [
        client('web', 'standard', {
          grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
          scope: 'openid email offline_access api.read',
          require_pkce: true,
        }),
        client('pk.id.1', 'bolt', {
          token_endpoint_auth_method: 'client_secret_post',
          scope: 'openid bolt.account.view bolt.account.manage',
        }),
        client('multi-auth', 'apimatic', {
          grant_types: ['authorization_code', 'refresh_token', 'client_credentials', 'password'],
          scope: 'read write',
        }),
        client('clxyz0123', 'cal', { token_endpoint_auth_method: 'client_secret_post' }),
        client('5e31ce86', 'ultracart', {
          client_secret: undefined,
          consent: undefined,
          token_endpoint_auth_method: 'none',
          legacy_public: true,
          require_pkce: undefined,
        }),
      ],
    },
  })
})
afterAll(() => server.close())

const run = async ({ text }: Block, env: Record<string, string> = {}): Promise<string> => {
  const file = join(FOLDER, `client-${server.port}.ts`)
  const door = JSON.stringify({ origin: server.origin })
  const visit = `import { openBrowser, walkFrom } from '../test/door/browser.ts'
const visit = async (to: string) => (await walkFrom(${door} as never, openBrowser(), to)).location ?? ''
`
  writeFileSync(file, (text.includes('visit(') ? visit : '') + text)
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=patois-source', '--disable-warning=ExperimentalWarning', file],
      { env: { ...process.env, SERVER: server.issuer, CLIENT_SECRET: SECRET, ...env } },
    )
    return stdout
  } finally {
    rmSync(file)
  }
}

/** The code that a page of a dialect gives alice's browser. */
const codeAt = async (path: string, fields: Record<string, string>): Promise<string> => {
  const asked = { response_type: 'code', redirect_uri: RU, state: 's', ...fields }
  const url = server.url(`${path}?${new URLSearchParams(asked)}`)
  const { location = '' } = await walkFrom(server, openBrowser(), url, 'alice')
  return new URL(location).searchParams.get('code') ?? ''
}

const cookie = async (): Promise<string> => {
  const browser = openBrowser()
  await logIn(server, browser, await browser.get(server.url('/login')))
  return cookieOf(browser)
}

const { verifier, challenge } = newPkce()
const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }

const PAGES: Record<string, () => Promise<Record<string, string>>> = {
  README: async () => ({}),
  bolt: async () => ({
    CODE: await codeAt('/v1/oauth/authorize', {
      client_id: 'pk.id.1',
      scope: 'openid bolt.account.manage',
    }),
  }),
  apimatic: async () => ({
    CODE: await codeAt('/oauth/authorize', { client_id: 'multi-auth', scope: 'read' }),
    PASSWORD: PASSWORDS.alice ?? '',
  }),
  cal: async () => ({ COOKIE: await cookie() }),
  ultracart: async () => ({
    CODE: await codeAt('/rest/v2/oauth/authorize', { client_id: '5e31ce86', ...pkce }),
    VERIFIER: verifier,
  }),
}

for (const [name, prepare] of Object.entries(PAGES)) {
  const { blocks } = openPage(`docs/client/${name}.md`)
  for (const [index, block] of blocks.entries()) {
    if (block.language !== 'ts') continue
    const [title = ''] = block.text.split('\n')
    test(`${name}.md: ${title.slice(3)}`, async () => {
      expect(await run(block, await prepare())).toBe(blocks[index + 1]?.text)
    })
  }
}
