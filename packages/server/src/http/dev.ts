// Dev: what only dev mode answers — a mint for codes, the demo client's page, explanations.

import {
  type Answer,
  type AuthorizeOutcome,
  authorize,
  type Call,
  type Fields,
  foldUsername,
  type Operation,
  openSession,
  REASONS,
  type Reason,
  Refusal,
  STANDARD_SCOPES,
} from '@patois/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { callbackPage } from '../pages/callback.ts'
import { homePage } from '../pages/home.ts'
import { whyPage } from '../pages/why.ts'
import { commandsOf, exchangeCommand, signInUrl } from './demo.ts'
import { addDevPages } from './dev-pages/routes.ts'
import { logDecision } from './event.ts'
import { openCall, send } from './message.ts'
import { ownStation } from './own.ts'
import { refusalAnswer, tell } from './refused.ts'
import type { Demo, Site, Station } from './site.ts'
import { show, type Visit, visitHandler } from './visit.ts'
import { explanationOf, type Refusals } from './why.ts'

/** What the mint may be asked for; what is left out is the demo's own. */
type Asked = Readonly<Record<string, string | undefined>>

type DevSite = Site & { demo: Demo; refusals: Refusals }

const CALLBACK = ownStation('/dev_callback')
const WHY = ownStation('/dev_why')
const CODE = ownStation('/dev_code')

/** Adds the routes of dev mode. */
export function addDevRoutes(app: FastifyInstance, site: DevSite): void {
  const { base } = site
  const page = (station: Station, handle: (visit: Visit) => FastifyReply) => ({
    config: { station, isPage: true },
    handler: visitHandler(site, station, async (_, visit) => handle(visit)),
  })
  app.get(
    `${base}/dev/callback`,
    page(CALLBACK, (visit) => showCallback(site, visit)),
  )
  app.get(
    `${base}/dev/why/:reason`,
    page(WHY, (visit) => showReason(site, visit)),
  )
  app.post(`${base}/dev/code`, { config: { station: CODE } }, (request, reply) =>
    mintCode(site, request, reply),
  )
  addDevPages(app, site)
}

/** The start page; in dev mode with everything to try the server with. */
export async function visitHome(site: Site, visit: Visit): Promise<FastifyReply> {
  const { base, demo, parts } = site
  const view = {
    base,
    issuer: parts.issuer,
    links: linksOf(site),
    ...(demo && {
      dev: { ...demo, signInUrl: signInUrl(site, demo), commands: commandsOf(site, demo) },
    }),
  }
  return show(visit, homePage(view, visit.words))
}

function linksOf({ stations, demo, base }: Site) {
  const labels = { metadata: 'discovery', jwks: 'jwks' } as const
  const documents = (['metadata', 'jwks'] as const).flatMap((does) => {
    const station = stations.find(({ operation }) => operation.does === does)
    return station ? [{ label: labels[does], href: station.path }] : []
  })
  const pages = ['lens'] as const
  return [
    ...(demo ? pages.map((label) => ({ label, href: `${base}/dev/${label}` })) : []),
    ...documents,
  ]
}

function showCallback(site: DevSite, visit: Visit): FastifyReply {
  const query = visit.request.query as Record<string, string | undefined>
  const { code, error, error_description } = query
  const view = {
    base: site.base,
    code,
    error,
    errorDescription: error_description,
    command: code && exchangeCommand(site, site.demo, code),
  }
  return show(visit, callbackPage(view, visit.words))
}

function showReason(site: DevSite, visit: Visit): FastifyReply {
  const { reason = '' } = visit.request.params as Record<string, string>
  const { request } = visit.request.query as Record<string, unknown>
  if (!isReason(reason)) throw new Refusal('not_found')
  const requestId = String(request)
  const from = site.refusals.find(requestId)
  const view = { base: site.base, reason, code: REASONS[reason].code }
  const page =
    from?.reason === reason
      ? whyPage({ ...view, explained: from.explained, from: { ...from, requestId } }, visit.words)
      : whyPage({ ...view, explained: explanationOf(reason) }, visit.words)
  return show(visit, page)
}

function isReason(name: string): name is Reason {
  return Object.hasOwn(REASONS, name)
}

// Nobody but a local program may call it: a page of another site cannot send JSON without asking.
function isLocal(site: DevSite, request: FastifyRequest): boolean {
  const { host, origin } = request.headers
  const json = /^application\/json\b/i.test(request.headers['content-type'] ?? '')
  const own = host === new URL(site.origin).host
  return json && own && (origin === undefined || origin === site.origin)
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
    const answer = said(403, 'Send JSON, to the address that the server names.\n')
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
