// The providers' own Python SDKs, unmodified, get tokens from a running server.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { openBrowser } from '../door/browser.ts'
import { PASSWORDS } from '../door/fixtures.ts'
import { INSTALL_MS, type Machine, preparePython } from '../door/python.ts'
import { checkLog } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { codeOf, visit } from './walk.ts'

const SCRIPT_MS = 30_000

const run = promisify(execFile)

// Each script reads JSON from its input, and prints one outcome for each call, by name.
const BOLT_SCRIPT = `
import json, sys
from importlib.metadata import version
from bolt_api_sdk import Bolt, errors, models

given = json.load(sys.stdin)
client = {'client_id': given['client_id'], 'client_secret': given['client_secret']}

def call(fields):
    try:
        answer = bolt.o_auth.o_auth_token(
            request_body={**client, **fields}, x_publishable_key=given['client_id']
        )
    except errors.ErrorsOauthServerResponse as refused:
        return {
            'thrown': type(refused).__name__,
            'status': refused.status_code,
            'error': refused.data.error,
            'description': refused.data.error_description,
        }
    return {'answered': type(answer).__name__, **answer.model_dump(mode='json', exclude_none=True)}

with Bolt(security=models.Security(x_api_key='any'), server_url=given['server']) as bolt:
    exchange = {'grant_type': 'authorization_code', 'code': given['code'], 'scope': 'openid'}
    seen = {'version': version('bolt-api-sdk')}
    seen['wrong_secret'] = call({**exchange, 'client_secret': given['wrong_secret']})
    seen['exchanged'] = call(exchange)
    seen['refreshed'] = call({
        'grant_type': 'refresh_token',
        'refresh_token': seen['exchanged']['refresh_token'],
        'scope': 'bolt.account.view',
    })
    seen['unknown_scope'] = call({
        'grant_type': 'refresh_token',
        'refresh_token': seen['refreshed']['refresh_token'],
        'scope': 'made.up',
    })
    seen['used_code'] = call(exchange)
print(json.dumps(seen))
`

const ULTRACART_SCRIPT = `
import json, sys
from importlib.metadata import version
from ultracart import ApiClient, ApiException, Configuration
from ultracart.api.oauth_api import OauthApi

given = json.load(sys.stdin)
client = given['client_id']
configuration = Configuration(host=given['server'] + '/rest/v2')
configuration.api_key['ultraCartSimpleApiKey'] = 'any'
api = OauthApi(ApiClient(
    configuration, header_name='X-UltraCart-Api-Version', header_value='2017-03-01'
))

def call(method, *values, **named):
    try:
        answer = method(*values, **named)
    except ApiException as refused:
        return {
            'thrown': type(refused).__name__,
            'status': refused.status,
            'shown': refused.headers.get('UC-REST-ERROR'),
            'body': json.loads(refused.body),
        }
    return {'answered': type(answer).__name__, **answer.to_dict()}

def exchange(code):
    return call(
        api.oauth_access_token,
        client, 'authorization_code', code=code, redirect_uri=given['redirect_uri'],
    )

def refresh(tokens):
    return call(
        api.oauth_access_token,
        client, 'refresh_token', refresh_token=tokens['refresh_token'],
    )

seen = {'version': version('ultracart-rest-sdk')}
seen['unknown_code'] = exchange('CODE/1+=&')
seen['exchanged'] = exchange(given['code'])
seen['refreshed'] = refresh(seen['exchanged'])
seen['revoked'] = call(api.oauth_revoke, client, seen['refreshed']['access_token'])
seen['refresh_after_that'] = refresh(seen['refreshed'])
print(json.dumps(seen))
`

const REDIRECT = 'https://shop.test/oauth?x=1'
const SHOP = { id: 'pk.id.1', secret: 'sec ret/+=&é-0123456789-0123456789' }
const WRONG_SECRET = 'wrong-secret-0123456789-0123456789'
const PLUGIN = '5e31ce86'
const SCOPES = { bolt: 'openid bolt.account.view', ultracart: 'item_read order_read' }

const CLIENT = {
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code', 'refresh_token'],
}
const CONFIGURATION = {
  resources: [],
  dialects: ['bolt', 'ultracart'],
  scopes: { item_read: 'Read items', order_read: 'Read orders' },
  clients: [
    {
      ...CLIENT,
      client_id: SHOP.id,
      client_secret: SHOP.secret,
      token_endpoint_auth_method: 'client_secret_post',
      scope: SCOPES.bolt,
      dialects: ['bolt'],
      require_pkce: false,
    },
    {
      ...CLIENT,
      client_id: PLUGIN,
      token_endpoint_auth_method: 'none',
      scope: SCOPES.ultracart,
      dialects: ['ultracart'],
      legacy_public: true,
    },
  ],
  users: [{ username: 'alice', password: PASSWORDS.alice }],
}

let machine: Machine
let server: TestServer

beforeAll(async () => {
  machine = await preparePython()
  server = await startServer({ configuration: CONFIGURATION })
}, INSTALL_MS + 30_000)
afterAll(() => server.close())
afterEach(() => checkLog(server, [SHOP.secret, WRONG_SECRET]))

type Outcomes = Record<string, Record<string, unknown>>

const runScript = async ({ skip }: TestContext, script: string, given: object) => {
  if ('missing' in machine) return skip(machine.missing)
  // The server is on this machine, whatever proxy the installation went through.
  const env = { ...process.env, NO_PROXY: '*', no_proxy: '*', PYTHONUTF8: '1' }
  const ended = run(machine.python, ['-c', script], { env, timeout: SCRIPT_MS })
  ended.child.stdin?.end(JSON.stringify({ server: server.issuer, ...given }))
  return JSON.parse((await ended).stdout) as Outcomes
}

const newCode = async (path: string, params: Record<string, string>): Promise<string> => {
  const asked = { response_type: 'code', redirect_uri: REDIRECT, state: 'st&1', ...params }
  return codeOf(await visit(server, openBrowser(), path, asked))
}

const text = expect.stringMatching(/./)

describe("Bolt's SDK", () => {
  test('exchanges a code, refreshes, and throws its typed error', async (context) => {
    const asked = { client_id: SHOP.id, scope: SCOPES.bolt }
    const seen = await runScript(context, BOLT_SCRIPT, {
      client_id: SHOP.id,
      client_secret: SHOP.secret,
      wrong_secret: WRONG_SECRET,
      code: await newCode('/v1/oauth/authorize', asked),
    })

    const tokens = {
      answered: 'OAuthTokenResponse',
      access_token: text,
      expires_in: 3600,
      refresh_token: text,
      refresh_token_scope: 'bolt.account.view',
      token_type: 'bearer',
    }
    const refusal = { thrown: 'ErrorsOauthServerResponse', description: text }
    expect(seen).toEqual({
      version: '0.5.6',
      wrong_secret: { ...refusal, status: 403, error: 'request_forbidden' },
      exchanged: { ...tokens, scope: 'openid', id_token: text },
      refreshed: { ...tokens, scope: 'bolt.account.view' },
      unknown_scope: { ...refusal, status: 400, error: 'invalid_scope' },
      used_code: { ...refusal, status: 422, error: 'invalid_grant' },
    })
    expect(seen.refreshed?.access_token).not.toBe(seen.exchanged?.access_token)
    expect(seen.refreshed?.refresh_token).not.toBe(seen.exchanged?.refresh_token)
  })
})

describe("UltraCart's SDK", () => {
  test('exchanges a code, refreshes, revokes, and throws its exception', async (context) => {
    const seen = await runScript(context, ULTRACART_SCRIPT, {
      client_id: PLUGIN,
      redirect_uri: REDIRECT,
      code: await newCode('/rest/v2/oauth/authorize', { client_id: PLUGIN }),
    })

    const tokens = {
      answered: 'OauthTokenResponse',
      access_token: text,
      expires_in: '3600',
      refresh_token: text,
      scope: SCOPES.ultracart,
      token_type: 'bearer',
    }
    const error = { error_code: 'invalid_grant', developer_message: text, user_message: text }
    const refusal = {
      thrown: 'ApiException',
      status: 400,
      shown: text,
      body: expect.objectContaining({ success: false, error: expect.objectContaining(error) }),
    }
    expect(seen).toEqual({
      version: '4.1.66',
      unknown_code: refusal,
      exchanged: tokens,
      refreshed: tokens,
      revoked: { answered: 'OauthRevokeSuccessResponse', successful: true, message: text },
      refresh_after_that: refusal,
    })
    expect(seen.refreshed?.access_token).not.toBe(seen.exchanged?.access_token)
    expect(seen.refreshed?.refresh_token).not.toBe(seen.exchanged?.refresh_token)
  })
})
