// Code: a mint for authorization codes, for whoever has no browser.

import {
  type Answer,
  type AuthorizeOutcome,
  authorize,
  type Call,
  type Fields,
  foldUsername,
  type Operation,
  openSession,
  STANDARD_SCOPES,
} from '@patois/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { logDecision } from '../event.ts'
import { openCall, send } from '../message.ts'
import { ownStation } from '../own.ts'
import { refusalAnswer, tell } from '../refused.ts'
import type { DevSite } from '../site.ts'
import { isLocal, NOT_LOCAL } from './local.ts'

/** What the mint may be asked for; what is left out is the demo's own. */
type Asked = Readonly<Record<string, string | undefined>>

const CODE = ownStation('/dev_code')

/** Adds the mint. */
export function addCodeMint(app: FastifyInstance, site: DevSite): void {
  app.post(`${site.base}/dev/code`, { config: { station: CODE } }, (request, reply) =>
    mintCode(site, request, reply),
  )
}

async function mintCode(
  site: DevSite,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const call = openCall(site, CODE, request)
  const { answer, reason } = await mint(site, call, request)
  logDecision(site, call, answer.status, reason)
  return send(reply, answer)
}

async function mint(
  site: DevSite,
  call: Call,
  request: FastifyRequest,
): Promise<{ answer: Answer; reason: string }> {
  if (!isLocal(site, request)) {
    const answer = said(403, `${NOT_LOCAL}\n`)
    return { answer, reason: 'origin_foreign' }
  }
  const asked = readAsked(request)
  const first = site.stations[0]?.mount.dialect.name
  const station = site.stations.find(
    ({ mount, operation }) =>
      operation.does === 'authorize' && mount.dialect.name === (asked.dialect ?? first),
  )
  const user = await site.parts.store.findUserByName(
    foldUsername(asked.username ?? site.demo.username),
  )
  if (!station || !user) {
    return { answer: said(400, 'No such dialect or user.\n'), reason: 'not_found' }
  }
  const { operation, mount } = station
  Object.assign(call, { operation, dialect: mount.dialect })
  call.fields = fieldsOf(site, asked, operation)
  try {
    const { session } = await openSession(site.parts, call, user, undefined)
    const allow = Object.keys({ ...STANDARD_SCOPES, ...site.parts.policy.scopes })
    const outcome = await authorize(site.parts, call, { session, user }, { allow })
    return { answer: answerOf(outcome), reason: 'ok' }
  } catch (thrown) {
    const told = await tell(site, call, thrown)
    return { answer: refusalAnswer(site, call, told), reason: told.reason }
  }
}

// Without a word said, a code of the demo client that its printed lines can exchange.
function fieldsOf({ demo }: DevSite, asked: Asked, operation: Operation): Fields {
  const own = asked.client_id === undefined || asked.client_id === demo.clientId
  const redirect_uri = asked.redirect_uri ?? (own ? demo.redirectUri : undefined)
  const code_challenge = asked.code_challenge ?? (own ? demo.challenge : undefined)
  return {
    response_type: 'code',
    ...(operation.needs?.includes('state') && { state: 'demo' }),
    client_id: asked.client_id ?? demo.clientId,
    ...(redirect_uri && { redirect_uri }),
    ...(asked.scope && { scope: asked.scope.split(' ') }),
    ...(asked.nonce && { nonce: asked.nonce }),
    ...(asked.resource && { resource: [asked.resource] }),
    ...(code_challenge && { code_challenge, code_challenge_method: 'S256' }),
  }
}

function answerOf(outcome: AuthorizeOutcome): Answer {
  const facts = outcome.next === 'redirect' ? outcome.facts : undefined
  if (facts?.code) return said(200, facts.code)
  return said(400, `${facts?.error ?? outcome.next}: ${facts?.error_description ?? ''}\n`)
}

function said(status: number, body: string): Answer {
  const headers = { 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' }
  return { status, headers, body }
}

function readAsked(request: FastifyRequest): Asked {
  try {
    const text = new TextDecoder().decode(request.body as Uint8Array)
    const parsed: unknown = JSON.parse(text || '{}')
    return Object.fromEntries(
      Object.entries(parsed ?? {}).filter(([, value]) => typeof value === 'string'),
    )
  } catch {
    return {}
  }
}
