// New person: a provider's own call for tests, which makes somebody and a code of theirs.

import { randomUUID } from 'node:crypto'
import {
  authorize,
  type Call,
  type Client,
  clientIdOf,
  type Facts,
  openSession,
  Refusal,
  readRequest,
  STANDARD_SCOPES,
  type User,
  writeAnswer,
} from '@patois/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendDecided } from '../decided.ts'
import { openCall, readMessage } from '../message.ts'
import type { DevSite, Station } from '../site.ts'
import { factsOf } from './mint.ts'

const MONTH = 30 * 86_400

/** Adds the call of each mounted dialect that has one. */
export function addNewPersons(app: FastifyInstance, site: DevSite): void {
  for (const mount of new Set(site.stations.map((station) => station.mount))) {
    const operation = mount.dialect.newPerson
    if (!operation) continue
    const path = site.base + mount.at + operation.path
    const station: Station = { mount, operation, path }
    app.route({
      method: [...operation.methods],
      url: path,
      config: { station },
      handler: (request, reply) => answer(site, station, request, reply),
      ...(mount.host !== undefined && { constraints: { host: mount.host } }),
    })
  }
}

async function answer(
  site: DevSite,
  station: Station,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const call = openCall(site, station, request)
  return sendDecided(site, call, reply, async () => {
    Object.assign(call, readRequest(station.operation, readMessage(request)))
    const facts = await make(site, call, await clientOf(site, call))
    return writeAnswer(station.operation, facts, call.now)
  })
}

// The secret alone may say whose it is.
async function clientOf({ parts }: DevSite, call: Call): Promise<Client> {
  const { client_id, client_secret = '' } = call.fields
  const id = client_id && clientIdOf(parts, call, client_id)
  const hash = parts.crypto.sha256(client_secret)
  const found = (await parts.store.listClients()).find(
    (client) =>
      (id === undefined || id === client.id) &&
      client.disabledAt === undefined &&
      client.dialects.includes(call.dialect.name) &&
      'secrets' in client.proof &&
      client.proof.secrets.some((secret) => parts.crypto.equal(secret.hash, hash)),
  )
  if (!found) throw new Refusal('client_secret_wrong')
  call.about.clientId = found.id
  return found
}

async function make({ parts }: DevSite, call: Call, client: Client): Promise<Facts> {
  const user = await newUser(parts, call)
  const { session } = await openSession(parts, call, user, undefined)
  const [redirect_uri] = client.redirectUris
  call.fields = {
    client_id: client.id,
    response_type: 'code',
    ...(redirect_uri && { redirect_uri }),
    state: 'testing',
  }
  // Whoever exchanges the code has sent nobody anywhere, and has no verifier.
  const findClient = async () => ({ ...client, requirePkce: false })
  const eased = { ...parts, store: { ...parts.store, findClient } }
  const allow = Object.keys({ ...STANDARD_SCOPES, ...parts.policy.scopes })
  const { code, error } = factsOf(await authorize(eased, call, { session, user }, { allow }))
  if (!code)
    throw new Refusal(call.about.refused ?? 'redirect_needed', error ? { field: error } : {})
  const { email, phone_number: phone } = user.claims
  return { code, email, phone, ends_at: call.now + MONTH }
}

async function newUser(parts: DevSite['parts'], call: Call): Promise<User> {
  const id = parts.store.newId()
  const email = `shopper-${id}@example.org`
  const names = { given_name: 'Test', family_name: 'Shopper', name: 'Test Shopper' }
  const user: User = {
    id,
    sub: randomUUID(),
    username: email,
    owner: 'admin',
    claims: { ...names, email, email_verified: true, phone_number: '+15550100000' },
    tokensFrom: call.now,
  }
  await parts.store.commit({ changes: [{ put: 'user', user }], events: [] })
  return user
}
