// Authorize: the authorization endpoint in the browser, with the questions that it asks.

import {
  type AuthorizeOutcome,
  authorize,
  type Decision,
  type Message,
  Refusal,
  readRequest,
  type Target,
  writeRedirect,
} from '@patois/core'
import type { FastifyReply } from 'fastify'
import { consentPage } from '../pages/consent.ts'
import { formPostPage } from '../pages/form-post.ts'
import { type LoginView, loginPage } from '../pages/login.ts'
import { chooseWords } from '../pages/words/index.ts'
import { hasCookies, userBinding } from './browser.ts'
import { readMessage } from './message.ts'
import type { Site, Station } from './site.ts'
import { newNonce, readForm, show, type Visit } from './visit.ts'

const NO_BODY = new Uint8Array(0)

/** GET and POST of the authorization endpoint. */
export async function visitAuthorize(
  site: Site,
  visit: Visit,
  station: Station,
): Promise<FastifyReply> {
  const message = readMessage(visit.request)
  read(visit, station, message)
  const pending = pendingOf(station, visit)
  // A post from another site brings no cookies of ours (SameSite=Lax); a navigation does.
  if (message.method === 'POST' && !hasCookies(site, visit.request)) {
    return visit.reply.redirect(pending, 303)
  }
  return proceed(site, visit, pending, undefined)
}

/** POST of the consent page: the decision, and the request that it is about. */
export async function visitConsent(site: Site, visit: Visit): Promise<FastifyReply> {
  const { request = '', csrf = '', decision } = readForm(visit)
  const { call, browser } = visit
  const binding = { kind: 'consent', browser: userBinding(browser), request } as const
  if (!site.forms.isRight(binding, csrf, call.now)) throw new Refusal('form_stale')
  if (decision !== 'allow' && decision !== 'deny') throw new Refusal('form_stale')
  const at = request.indexOf('?')
  const path = at < 0 ? request : request.slice(0, at)
  const station = site.stations.find((one) => one.path === path)
  if (!station) throw new Refusal('form_stale')
  Object.assign(call, { dialect: station.mount.dialect, operation: station.operation })
  const query = at < 0 ? '' : request.slice(at + 1)
  read(visit, station, { method: 'GET', path, query, params: {}, headers: {}, body: NO_BODY })
  return proceed(site, visit, request, decision)
}

function read(visit: Visit, station: Station, message: Message): void {
  Object.assign(visit.call, readRequest(station.operation, message))
  const { ui_locales } = visit.call.fields
  visit.words = chooseWords(ui_locales, visit.request.headers['accept-language'])
}

/** The request as a URL of ours, however it came: what a form goes on with. */
function pendingOf(station: Station, { call }: Visit): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(call.fields)) {
    if (name === 'scope') query.append(name, [value].flat().join(' '))
    else for (const one of [value].flat()) query.append(name, one)
  }
  return `${station.path}?${query}`
}

async function proceed(
  site: Site,
  visit: Visit,
  pending: string,
  decision: Decision,
): Promise<FastifyReply> {
  const { call, browser } = visit
  const outcome = await authorize(site.parts, call, browser.signedIn, decision)
  if (outcome.next === 'login') return askLogin(site, visit, pending, outcome.target)
  if (outcome.next === 'consent') return askConsent(site, visit, pending, outcome)
  return goBack(site, visit, outcome)
}

function askLogin(site: Site, visit: Visit, pending: string, target: Target): FastifyReply {
  const username = visit.call.fields.login_hint
  const view = { clientName: target.client.name, ...(username !== undefined && { username }) }
  return showLogin(site, visit, pending, { view, leadsTo: target.redirectUri })
}

/** Shows the login page for a request that goes on at `pending`. */
export function showLogin(
  site: Site,
  visit: Visit,
  pending: string,
  asked: { view?: Partial<LoginView>; leadsTo?: string | undefined; status?: number },
): FastifyReply {
  const { call, browser, words } = visit
  const binding = { kind: 'login', browser: browser.id, request: pending } as const
  const view = {
    base: site.base,
    action: `${site.base}/login`,
    request: pending,
    csrf: site.forms.sign(binding, call.now),
    ...asked.view,
  }
  return show(visit, loginPage(view, words), {
    leadsTo: asked.leadsTo,
    status: asked.status ?? 200,
  })
}

function askConsent(
  site: Site,
  visit: Visit,
  pending: string,
  asked: Extract<AuthorizeOutcome, { next: 'consent' }>,
): FastifyReply {
  const { call, browser, words } = visit
  const { client, redirectUri } = asked.target
  const request = withoutLogin(pending)
  const binding = { kind: 'consent', browser: userBinding(browser), request } as const
  const line = (name: string) => ({
    name,
    sentence: site.parts.policy.scopes[name]?.sentence,
  })
  const isNew = (name: string) => !asked.already.includes(name)
  // Asked again for everything, everything is what the page must show.
  const fresh = asked.scope.some(isNew) ? asked.scope.filter(isNew) : asked.scope
  const view = {
    base: site.base,
    action: `${site.base}/consent`,
    request,
    csrf: site.forms.sign(binding, call.now),
    clientName: client.name,
    clientId: client.id,
    about: client.about,
    redirectHost: new URL(redirectUri).host || new URL(redirectUri).protocol,
    username: asked.user.username,
    scopes: fresh.map(line),
    already: asked.scope.filter((name) => !fresh.includes(name)).map(line),
  }
  return show(visit, consentPage(view, words), { leadsTo: redirectUri })
}

/** The pending request once its user has signed in: what asked for that has been done. */
export function withoutLogin(pending: string): string {
  const at = pending.indexOf('?')
  if (at < 0) return pending
  const query = new URLSearchParams(pending.slice(at + 1))
  const prompts = (query.get('prompt') ?? '').split(' ')
  const rest = prompts.filter((one) => one !== 'login' && one !== 'select_account' && one !== '')
  if (rest.length > 0) query.set('prompt', rest.join(' '))
  else query.delete('prompt')
  query.delete('max_age')
  return `${pending.slice(0, at)}?${query}`
}

function goBack(
  site: Site,
  visit: Visit,
  outcome: Extract<AuthorizeOutcome, { next: 'redirect' }>,
): FastifyReply {
  const { to, mode, facts } = outcome
  if (mode === 'form_post') {
    const nonce = newNonce()
    const fields = facts as unknown as Record<string, string>
    const page = formPostPage({ base: site.base, action: to, fields, nonce }, visit.words)
    return show(visit, page, { leadsTo: to, nonce })
  }
  const { status, headers } = visit.call.operation.answers
  return visit.reply.headers({ ...headers }).redirect(writeRedirect(to, facts), status)
}
