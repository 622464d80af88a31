// Login: the form that signs a person in, with or without a request that waits for it.

import { type Answer, openSession, Refusal, signIn } from '@patois/core'
import { signedInPage } from '../pages/signed-in.ts'
import { resume, showLogin } from './authorize.ts'
import { hasCookies, setSession } from './browser.ts'
import { readDevice, setDevice } from './device.ts'
import { askedIn, type Pending, readPending, urlOf, withoutLogin } from './pending.ts'
import type { Site } from './site.ts'
import { lead, readForm, show, speak, type Visit } from './visit.ts'

/** GET of the login page, where no request is waiting. */
export async function visitLogin(site: Site, visit: Visit): Promise<Answer> {
  const { signedIn } = visit.browser
  if (!signedIn) return showLogin(site, visit, '', {})
  const view = {
    base: site.base,
    username: signedIn.user.username,
    logoutUrl: `${site.base}/logout`,
  }
  return show(signedInPage(view, visit.words))
}

/** POST of the login form. */
export async function submitLogin(site: Site, visit: Visit): Promise<Answer> {
  const { username = '', password = '', request = '', csrf = '' } = readForm(visit)
  const { call, browser, reply } = visit
  const pending = readPending(site, request)
  speak(visit, pending && askedIn(pending, 'ui_locales'))
  const binding = { kind: 'login', browser: browser.id, request } as const
  if (!site.forms.isRight(binding, csrf, call.now)) return startAgain(site, visit, pending)
  try {
    const device = readDevice(site, visit)
    const user = await signIn(site.parts, call, { username, password, device })
    const { secret } = await openSession(site.parts, call, user, browser.signedIn)
    setSession(site, reply, secret)
    setDevice(site, visit, user)
  } catch (thrown) {
    return await showAgain(site, visit, { username, request }, thrown)
  }
  const next = pending ? urlOf(withoutLogin(pending)) : `${site.base}/login`
  return lead(next)
}

function startAgain(site: Site, visit: Visit, pending: Pending | undefined): Answer {
  // Led on, a browser that keeps no cookies would be asked for the password for ever.
  const error = hasCookies(site, visit.request) ? 'expired' : 'cookies'
  if (pending && error === 'expired') return resume(visit, pending)
  visit.call.about.refused = 'form_stale'
  return showLogin(site, visit, pending ? urlOf(pending) : '', { view: { error }, status: 400 })
}

async function showAgain(
  site: Site,
  visit: Visit,
  typed: { username: string; request: string },
  thrown: unknown,
): Promise<Answer> {
  if (!(thrown instanceof Refusal)) throw thrown
  const { plan, retryAfter } = thrown.details
  if (plan) await site.parts.store.commit(plan)
  visit.call.about.refused = thrown.reason
  const pending = readPending(site, typed.request)
  const id = pending && askedIn(pending, 'client_id')
  const client = id ? await site.parts.store.findClient(id) : undefined
  const view = {
    username: typed.username,
    ...(client && { clientName: client.name }),
    error: retryAfter === undefined ? ('wrong' as const) : ('throttled' as const),
    ...(retryAfter !== undefined && { retryAfter }),
  }
  if (retryAfter !== undefined) visit.reply.header('retry-after', String(retryAfter))
  return showLogin(site, visit, typed.request, {
    view,
    status: retryAfter === undefined ? 401 : 429,
  })
}
