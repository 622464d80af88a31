// Logout: the end-session endpoint in the browser, and the question that it may ask.

import {
  type Answer,
  endSession,
  type LogoutRequest,
  Refusal,
  readLogout,
  readRequest,
  withQuery,
} from '@patois/core'
import { logoutPage, signedOutPage } from '../pages/logout.ts'
import { clearSession, hasCookies, userBinding } from './browser.ts'
import { readMessage } from './message.ts'
import type { Site, Station } from './site.ts'
import { lead, readForm, show, speak, type Visit } from './visit.ts'

const NO_WAY_ON =
  'no logout leads to this post_logout_redirect_uri: send id_token_hint or client_id, and register it for that client'

/** GET and POST of the end-session endpoint. */
export async function visitLogout(site: Site, visit: Visit, station: Station): Promise<Answer> {
  const { call, browser, request } = visit
  const message = readMessage(request)
  Object.assign(call, readRequest(station.operation, message))
  const { fields } = call
  speak(visit, fields.ui_locales)
  const pending = new URLSearchParams(fields as Record<string, string>).toString()
  if (message.method === 'POST' && !hasCookies(site, request)) {
    return lead(`${station.path}?${pending}`)
  }
  const asked = await readLogout(site.parts, call, browser.signedIn)
  const isLost = fields.post_logout_redirect_uri !== undefined && asked.continueTo === undefined
  // The page cannot tell the person; in dev mode somebody looks at the log who can mend it.
  if (isLost && site.parts.dev) site.log.warn({ requestId: call.requestId }, NO_WAY_ON)
  if (browser.signedIn && !asked.isCertain) return askLogout(site, visit, asked)
  return leave(site, visit, asked)
}

function askLogout(site: Site, visit: Visit, { client, ...asked }: LogoutRequest): Answer {
  const { call, browser, words } = visit
  const { continueTo, state } = asked
  const request = JSON.stringify({ client: client?.id, continueTo, state })
  const binding = { kind: 'logout', browser: userBinding(browser), request } as const
  const view = {
    base: site.base,
    action: `${site.base}/login/end`,
    request,
    csrf: site.forms.sign(binding, call.now),
    username: browser.signedIn?.user.username,
    clientName: client?.name,
  }
  return show(logoutPage(view, words), { leaves: continueTo !== undefined })
}

/** POST of the question: sign out, or stay. */
export async function submitLogout(site: Site, visit: Visit): Promise<Answer> {
  const { request = '', csrf = '', decision } = readForm(visit)
  const { call, browser } = visit
  const binding = { kind: 'logout', browser: userBinding(browser), request } as const
  if (!site.forms.isRight(binding, csrf, call.now)) throw new Refusal('form_stale')
  if (decision !== 'allow') return lead(`${site.base}/login`)
  const {
    client: id,
    continueTo,
    state,
  } = JSON.parse(request) as {
    client?: string
    continueTo?: string
    state?: string
  }
  const client = id === undefined ? undefined : await site.parts.store.findClient(id)
  return leave(site, visit, {
    isCertain: true,
    ...(client && { client }),
    ...(continueTo !== undefined && { continueTo }),
    ...(state !== undefined && { state }),
  })
}

async function leave(site: Site, visit: Visit, asked: LogoutRequest): Promise<Answer> {
  const { call, browser, reply, words } = visit
  if (browser.signedIn) await endSession(site.parts, call, browser.signedIn)
  clearSession(site, reply)
  const { client, continueTo, state } = asked
  if (continueTo === undefined) {
    return show(signedOutPage({ base: site.base, clientName: client?.name }, words))
  }
  const to = withQuery(continueTo, state === undefined ? {} : { state })
  return lead(to)
}
