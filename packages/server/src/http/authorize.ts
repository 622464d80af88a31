// Authorize: the authorization endpoint in the browser, with the questions that it asks.

import {
  type Answer,
  type AuthorizeOutcome,
  authorize,
  type Decision,
  type Message,
  Refusal,
  readRequest,
  redirectParameters,
  type Target,
  withQuery,
} from '@patois/core'
import { consentPage } from '../pages/consent.ts'
import { formPostPage } from '../pages/form-post.ts'
import { type LoginView, loginPage } from '../pages/login.ts'
import { type Browser, hasCookies, userBinding } from './browser.ts'
import type { FormBinding } from './forms.ts'
import { readMessage } from './message.ts'
import { type Pending, pendingOf, readPending, urlOf, withoutLogin } from './pending.ts'
import type { Site, Station } from './site.ts'
import { lead, newNonce, readForm, show, speak, type Visit } from './visit.ts'

const NO_BODY = new Uint8Array(0)

/** GET and POST of the authorization endpoint. */
export async function visitAuthorize(site: Site, visit: Visit, station: Station): Promise<Answer> {
  const message = readMessage(visit.request)
  read(visit, station, message)
  const pending = pendingOf(station, visit.call)
  // A post from another site brings no cookies of ours (SameSite=Lax); a navigation does.
  if (message.method === 'POST' && !hasCookies(site, visit.request)) {
    return lead(pending)
  }
  return proceed(site, visit, pending, undefined)
}

/** POST of the consent page: the decision, and the request that it is about. */
export async function visitConsent(site: Site, visit: Visit): Promise<Answer> {
  const { request = '', scopes = '', csrf = '', decision } = readForm(visit)
  const { call, browser } = visit
  const pending = readPending(site, request)
  if (!pending) throw new Refusal('form_stale')
  const binding = bindingOf(browser, request, scopes)
  const right = site.forms.isRight(binding, csrf, call.now)
  if (!right) return resume(visit, pending)
  if (decision !== 'allow' && decision !== 'deny') throw new Refusal('form_stale')
  const { station, query } = pending
  Object.assign(call, { dialect: station.mount.dialect, operation: station.operation })
  const path = station.path
  const message = { method: 'GET', path, query: query.toString(), params: {}, headers: {} }
  read(visit, station, { ...message, body: NO_BODY })
  const answered = decision === 'deny' ? decision : { allow: scopes.split(' ') }
  return proceed(site, visit, request, answered)
}

// What a page showed is all that its form can allow.
function bindingOf(browser: Browser, request: string, scopes: string): FormBinding {
  const about = JSON.stringify([request, scopes])
  return { kind: 'consent', browser: userBinding(browser), request: about }
}

/** A form that is too old, or of another browser: its request starts anew and is checked again. */
export function resume(visit: Visit, pending: Pending): Answer {
  visit.call.about.refused = 'form_stale'
  return lead(urlOf(pending))
}

function read(visit: Visit, station: Station, message: Message): void {
  Object.assign(visit.call, readRequest(station.operation, message))
  speak(visit, visit.call.fields.ui_locales)
}

async function proceed(
  site: Site,
  visit: Visit,
  pending: string,
  decision: Decision,
): Promise<Answer> {
  const { call, browser, request } = visit
  const answered = decision === undefined && site.standIn?.(request, call, browser.signedIn)
  const outcome =
    (await answered) || (await authorize(site.parts, call, browser.signedIn, decision))
  if (outcome.next === 'login') return askLogin(site, visit, pending, outcome.target)
  if (outcome.next === 'consent') return askConsent(site, visit, pending, outcome)
  return goBack(site, visit, outcome)
}

function askLogin(site: Site, visit: Visit, pending: string, target: Target): Answer {
  const username = visit.call.fields.login_hint
  const view = { clientName: target.client.name, ...(username !== undefined && { username }) }
  return showLogin(site, visit, pending, { view })
}

/** Shows the login page for a request that goes on at `pending`. */
export function showLogin(
  site: Site,
  visit: Visit,
  pending: string,
  asked: { view?: Partial<LoginView>; status?: number },
): Answer {
  const { call, browser, words } = visit
  const binding = { kind: 'login', browser: browser.id, request: pending } as const
  const view = {
    base: site.base,
    action: `${site.base}/login`,
    request: pending,
    csrf: site.forms.sign(binding, call.now),
    ...asked.view,
  }
  const status = asked.status ?? 200
  return show(loginPage(view, words), { leaves: pending !== '', status })
}

function askConsent(
  site: Site,
  visit: Visit,
  pending: string,
  asked: Extract<AuthorizeOutcome, { next: 'consent' }>,
): Answer {
  const { call, browser, words } = visit
  const { target, grants } = asked
  const { client, redirectUri } = target
  const waiting = readPending(site, pending)
  const request = waiting ? urlOf(withoutLogin(waiting)) : pending
  const { fresh, already } = sorted(
    asked.request.scope,
    grants.flatMap((grant) => grant.scope),
  )
  const scopes = [...fresh, ...already].join(' ')
  const known = grants.flatMap((grant) => grant.resources)
  const line = (name: string) => ({ name, sentence: site.parts.policy.scopes[name]?.sentence })
  const view = {
    base: site.base,
    action: `${site.base}/consent`,
    request,
    csrf: site.forms.sign(bindingOf(browser, request, scopes), call.now),
    clientName: client.name,
    clientId: client.id,
    about: client.about,
    redirectHost: new URL(redirectUri).host || new URL(redirectUri).protocol,
    username: asked.user.username,
    scopes: fresh.map(line),
    already: already.map(line),
    resources: sorted(asked.request.resources, known).fresh,
    // Whoever writes the application wonders; the person who is asked has no use for it.
    ...(site.demo && { dropped: call.about.droppedScope }),
  }
  return show(consentPage(view, words), { leaves: true })
}

// Asked again for everything, everything is what the page must show.
function sorted(asked: readonly string[], known: readonly string[]) {
  const isNew = (one: string) => !known.includes(one)
  const fresh = asked.some(isNew) ? asked.filter(isNew) : [...asked]
  return { fresh, already: asked.filter((one) => !fresh.includes(one)) }
}

function goBack(
  site: Site,
  visit: Visit,
  outcome: Extract<AuthorizeOutcome, { next: 'redirect' }>,
): Answer {
  const { to, mode, facts } = outcome
  const { operation } = visit.call
  const parameters = redirectParameters(operation, facts)
  if (mode === 'form_post') {
    const nonce = newNonce()
    const fields = parameters as Record<string, string>
    const page = formPostPage({ base: site.base, action: to, fields, nonce }, visit.words)
    return show(page, { leaves: true, nonce })
  }
  const { status, headers } = operation.answers
  return { status, headers: { ...headers, location: withQuery(to, parameters) }, body: '' }
}
