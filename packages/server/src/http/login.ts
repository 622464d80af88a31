// Login: the form that signs a person in, with or without a request that waits for it.

import { openSession, Refusal, signIn } from '@patois/core'
import type { FastifyReply } from 'fastify'
import { signedInPage } from '../pages/signed-in.ts'
import { showLogin, withoutLogin } from './authorize.ts'
import { setSession } from './browser.ts'
import type { Site } from './site.ts'
import { readForm, show, type Visit } from './visit.ts'

/** GET of the login page, where no request is waiting. */
export async function visitLogin(site: Site, visit: Visit): Promise<FastifyReply> {
  const { signedIn } = visit.browser
  if (!signedIn) return showLogin(site, visit, '', {})
  const view = {
    base: site.base,
    username: signedIn.user.username,
    logoutUrl: `${site.base}/logout`,
  }
  return show(visit, signedInPage(view, visit.words))
}

/** POST of the login form. */
export async function submitLogin(site: Site, visit: Visit): Promise<FastifyReply> {
  const { username = '', password = '', request = '', csrf = '' } = readForm(visit)
  const { call, browser, reply } = visit
  const binding = { kind: 'login', browser: browser.id, request } as const
  if (!site.forms.isRight(binding, csrf, call.now)) throw new Refusal('form_stale')
  try {
    const user = await signIn(site.parts, call, { username, password })
    const { secret } = await openSession(site.parts, call, user, browser.signedIn)
    setSession(site, reply, secret)
  } catch (thrown) {
    return await showAgain(site, visit, { username, request }, thrown)
  }
  const next = request === '' ? `${site.base}/login` : withoutLogin(request)
  return reply.header('cache-control', 'no-store').redirect(next, 303)
}

async function showAgain(
  site: Site,
  visit: Visit,
  typed: { username: string; request: string },
  thrown: unknown,
): Promise<FastifyReply> {
  if (!(thrown instanceof Refusal)) throw thrown
  const { plan, retryAfter } = thrown.details
  if (plan) await site.parts.store.commit(plan)
  visit.call.about.refused = thrown.reason
  const { client, leadsTo } = await waitingOf(site, typed.request)
  const view = {
    username: typed.username,
    ...(client && { clientName: client.name }),
    error: retryAfter === undefined ? ('wrong' as const) : ('throttled' as const),
    ...(retryAfter !== undefined && { retryAfter }),
  }
  if (retryAfter !== undefined) visit.reply.header('retry-after', String(retryAfter))
  const status = retryAfter === undefined ? 401 : 429
  return showLogin(site, visit, typed.request, { view, status, leadsTo })
}

// The form's token vouches for the request, which was checked before the form was shown.
async function waitingOf(site: Site, request: string) {
  const query = new URLSearchParams(request.slice(request.indexOf('?') + 1))
  const client = await site.parts.store.findClient(query.get('client_id') ?? '')
  return { client, leadsTo: query.get('redirect_uri') ?? client?.redirectUris[0] }
}
