// What the playground prints for the providers' own SDKs gets tokens from the server with them.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { RU } from '../door/fixtures.ts'
import { ask, commandsIn, runScript, stepsOf } from '../door/play.ts'
import { INSTALL_MS, type Machine, preparePython } from '../door/python.ts'
import { startServer, type TestServer } from '../door/server.ts'

const DIALECTS = ['standard', 'bolt', 'apimatic', 'cal', 'ultracart']
const PLAIN = { client_id: 'plain', client_secret: 'secret-of-plain-0123456789-0123456789' }

/** Who calls with an SDK: one of them is for clients without a secret. */
const callerOf = (dialect: string): Record<string, string> =>
  dialect === 'ultracart' ? { client_id: 'open', client_secret: '' } : PLAIN

let machine: Machine
let server: TestServer

// These SDKs know no PKCE: the code that they exchange is one without a challenge.
beforeAll(async () => {
  machine = await preparePython()
  const client = {
    ...PLAIN,
    redirect_uris: [RU],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    token_endpoint_auth_method: 'client_secret_post',
    scope: 'openid profile bolt.account.view api.read',
    dialects: DIALECTS,
  }
  const { client_secret: _, ...shop } = client
  const open = { client_id: 'open', token_endpoint_auth_method: 'none', legacy_public: true }
  const clients = [
    { ...client, require_pkce: false },
    { ...shop, ...open, grant_types: ['authorization_code', 'refresh_token'] },
  ]
  const configuration = { dialects: DIALECTS, clients, resources: [] }
  server = await startServer({ demo: true, configuration })
}, INSTALL_MS + 30_000)
afterAll(() => server.close())

const without = (fields: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !/challenge|verifier/.test(name)))

/** The SDK's code for a step, filled with what `more` says. */
const sampleOf = async (
  dialect: string,
  name: string,
  more: Record<string, string>,
  grant = 'authorization_code',
): Promise<string> => {
  const step = (await stepsOf(server, dialect, grant)).find((one) => one.name === name)
  const fields = { ...without(step?.fields), redirect_uri: RU, ...callerOf(dialect), ...more }
  const { outcome } = await ask(server, { dialect, grant, step: name, fields, run: false })
  return Object.values(commandsIn(outcome))[2] ?? ''
}

const newCode = async (dialect: string): Promise<string> => {
  const flow = { dialect, grant: 'authorization_code', step: 'authorize', run: true }
  const [step] = await stepsOf(server, dialect, flow.grant)
  const fields = {
    ...without(step?.fields),
    redirect_uri: RU,
    client_id: callerOf(dialect).client_id ?? '',
  }
  return (await ask(server, { ...flow, fields })).facts.code ?? ''
}

/** Runs Python, and answers what it prints. */
const python = async ({ skip }: TestContext, script: string): Promise<string> => {
  if ('missing' in machine) return skip(machine.missing)
  const env = { ...process.env, NO_PROXY: '*', no_proxy: '*', PYTHONUTF8: '1' }
  const line = [machine.python, ['-c', script], { env, timeout: 30_000 }] as const
  return (await promisify(execFile)(...line)).stdout.trim()
}

describe.each(['bolt', 'apimatic', 'ultracart'])('the Python that is printed for %s', (dialect) => {
  test('exchanges a code, and refreshes', async (context) => {
    const exchange = await sampleOf(dialect, 'authorization_code', { code: await newCode(dialect) })
    const token = await python(context, `${exchange}\nprint(tokens.refresh_token)`)
    expect(token).toMatch(/^test_pr_/)
    const refresh = await sampleOf(dialect, 'refresh_token', { refresh_token: token })
    expect(await python(context, `${refresh}\nprint(tokens.access_token)`)).toMatch(
      /^test_pa_|^eyJ/,
    )
  })
})

test('the Python that is printed for apimatic takes client credentials', async (context) => {
  const grant = 'client_credentials'
  const script = await sampleOf('apimatic', grant, {}, grant)
  expect(await python(context, `${script}\nprint(tokens.access_token)`)).toMatch(/^test_pa_|^eyJ/)
})

test('the Python that is printed for ultracart revokes', async (context) => {
  const exchange = await sampleOf('ultracart', 'authorization_code', {
    code: await newCode('ultracart'),
  })
  const token = await python(context, `${exchange}\nprint(tokens.access_token)`)
  const revoke = await sampleOf('ultracart', 'revoke', { token })
  expect(await python(context, `${revoke}\nprint('done')`)).toBe('done')
})

test('the TypeScript that is printed for cal exchanges a code with its SDK', async () => {
  const script = await sampleOf('cal', 'authorization_code', { code: await newCode('cal') })
  expect(await runScript('calcom', script, 'tokens.refreshToken')).toMatch(/^test_pr_/)
})
