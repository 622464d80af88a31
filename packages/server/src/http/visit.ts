// Visit: a person's browser at one of our pages, and how a page is shown to it.

import { randomBytes } from 'node:crypto'
import { type Answer, type Call, parseForm, Refusal } from '@patois/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { errorPage } from '../pages/error.ts'
import { chooseWords, type Words } from '../pages/words/index.ts'
import { turn } from '../turn.ts'
import { type Browser, readBrowser } from './browser.ts'
import { logDecision } from './event.ts'
import { openCall } from './message.ts'
import { type Told, tell } from './refused.ts'
import type { Site, Station } from './site.ts'
import { explain } from './why.ts'

/** One visit. */
export type Visit = {
  request: FastifyRequest
  reply: FastifyReply
  call: Call
  browser: Browser
  words: Words
}

/** What a page is shown with besides its text. */
export type Showing = {
  status?: number
  /** True when its form may end at a client; every other form stays here. */
  leaves?: boolean
  /** Of the one script that the page carries. */
  nonce?: string
  /** True when script files of ours work on the page, and may call us. */
  scripts?: boolean
}

/** A handler of visits: whatever it throws is shown on a page. */
export function visitHandler(
  site: Site,
  station: Station,
  handle: (site: Site, visit: Visit, station: Station) => Promise<Answer>,
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    await turn()
    const call = openCall(site, station, request)
    const words = chooseWords(undefined, request.headers['accept-language'])
    const visit: Visit = { request, reply, call, words, browser: { id: '' } }
    try {
      // While nobody can say who is signed in, no form may be made and no client told anything.
      visit.browser = await readBrowser(site, request, reply, call.now)
      const answer = await handle(site, visit, station)
      logDecision(site, call, answer.status, 'ok')
      return sendPage(reply, answer)
    } catch (thrown) {
      return sendPage(reply, await showError(site, visit, thrown))
    }
  }
}

/** Goes on in the language that a request asks for, where we speak it. */
export function speak(visit: Visit, uiLocales: string | null | undefined): void {
  visit.words = chooseWords(uiLocales ?? undefined, visit.request.headers['accept-language'])
}

/** Sends a page; what leads a browser on has none, and no type of one. */
export function sendPage(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply
    .code(status)
    .headers(headers)
    .send(body || undefined)
}

/** Shows a page of ours. */
export function show(body: string, showing: Showing = {}): Answer {
  const { status = 200 } = showing
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': policy(showing),
  }
  return { status, headers, body }
}

/** Leads a browser on, with a GET whatever it came by, and past every cache. */
export function lead(location: string): Answer {
  return { status: 303, headers: { 'cache-control': 'no-store', location }, body: '' }
}

// Chromium holds form-action against every redirect after a form, those of the client's own site
// too, which nobody here can know: a page that leads to a client goes without.
function policy({ leaves, nonce, scripts }: Showing): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    ...(leaves ? [] : ["form-action 'self'"]),
    ...(nonce ? [`script-src 'nonce-${nonce}'`] : []),
    ...(scripts ? ["script-src 'self'", "connect-src 'self'"] : []),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}

/** A nonce for one page. */
export function newNonce(): string {
  return randomBytes(16).toString('base64url')
}

async function showError(site: Site, visit: Visit, thrown: unknown): Promise<Answer> {
  const told = await tell(site, visit.call, thrown)
  logDecision(site, visit.call, told.status ?? 400, told.reason)
  return showTold(site, visit, told)
}

/** Shows what a browser hears of something that was refused or went wrong. */
export function showTold(site: Site, visit: Pick<Visit, 'call' | 'words'>, told: Told): Answer {
  const { call, words } = visit
  const { status = 400 } = told
  const { code, sentence, reason, refusal } = told
  const details = site.refusals && refusal && explain(call, refusal)
  const view = { base: site.base, status, code, reason, sentence, requestId: call.requestId }
  const answer = show(errorPage({ ...view, ...(details && { details }) }, words), { status })
  if (told.retryAfter !== undefined) answer.headers['retry-after'] = String(told.retryAfter)
  return answer
}

/** The fields of a form of ours, each at most once. Throws a Refusal for anything else. */
export function readForm({ request }: Visit): Record<string, string> {
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) throw new Refusal('body_type_wrong')
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Refusal('form_stale')
  const body = request.body instanceof Uint8Array ? new TextDecoder().decode(request.body) : ''
  const fields: Record<string, string> = Object.create(null)
  for (const [name, values] of parseForm(body)) {
    if (values.length > 1) throw new Refusal('field_repeated')
    fields[name] = values[0] ?? ''
  }
  return fields
}
