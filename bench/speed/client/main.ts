// What a call costs a program with each client library, and what keeping a token adds to one.

import { connect, keep, memoryStore } from '@patois/client'
import { standard } from '@patois/core/dialects/standard'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { OPAQUE } from '../given.ts'

const [origin = ''] = process.argv.slice(2)
const ROUNDS = 7
const CALLS = 1500
const AT_ONCE = 8
const KEPT = 200_000

const metadata = { issuer: origin, token_endpoint: `${origin}/token` }
const { id, secret } = OPAQUE
const patois = connect({ dialect: standard, url: origin, clientId: id, clientSecret: secret })
const configuration = new openid.Configuration(metadata, id, secret)
openid.allowInsecureRequests(configuration)
const kept = keep({
  client: patois,
  store: memoryStore(),
  name: 'service',
  obtain: () => patois.clientCredentials({ scope: 'api.read' }),
})

async function plainFetch(): Promise<unknown> {
  const answer = await fetch(metadata.token_endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'api.read' }),
  })
  return answer.json()
}

async function oauth4webapi(): Promise<unknown> {
  const client = { client_id: id }
  const answer = await oauth.clientCredentialsGrantRequest(
    metadata,
    client,
    oauth.ClientSecretBasic(secret),
    { scope: 'api.read' },
    { [oauth.allowInsecureRequests]: true },
  )
  return oauth.processClientCredentialsResponse(metadata, client, answer)
}

const CALLERS: readonly { name: string; call: () => Promise<unknown>; calls: number }[] = [
  { name: 'plain fetch', call: plainFetch, calls: CALLS },
  {
    name: '@patois/client',
    call: () => patois.clientCredentials({ scope: 'api.read' }),
    calls: CALLS,
  },
  { name: 'oauth4webapi', call: oauth4webapi, calls: CALLS },
  {
    name: 'openid-client',
    call: () => openid.clientCredentialsGrant(configuration, { scope: 'api.read' }),
    calls: CALLS,
  },
  { name: 'keep, while the token is fresh', call: () => kept.getToken(), calls: KEPT },
]

async function burst(call: () => Promise<unknown>, calls: number): Promise<void> {
  const lane = async (): Promise<void> => {
    for (let made = 0; made < calls / AT_ONCE; made++) await call()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

/** Microseconds of a processor for each call. */
async function costOf(call: () => Promise<unknown>, calls: number): Promise<number> {
  const before = process.cpuUsage()
  await burst(call, calls)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

const measured = CALLERS.map((): number[] => [])
for (const { call, calls } of CALLERS) await burst(call, calls)
for (let round = 0; round < ROUNDS; round++) {
  for (const [at, { call, calls }] of CALLERS.entries()) {
    measured[at]?.push(await costOf(call, calls))
  }
}
const costs = CALLERS.map(({ name }, at) => {
  const sorted = (measured[at] ?? []).toSorted((one, other) => one - other)
  return { name, microseconds: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN }
})
process.send?.(costs)
process.exit()
