// Authorize call: an authorization that a script of our own origin asks for, without a page.

import {
  type Answer,
  authorize,
  type Call,
  Refusal,
  readRequest,
  redirectParameters,
  type SignedIn,
  withQuery,
} from '@patois/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { turn } from '../turn.ts'
import { readBrowser } from './browser.ts'
import { sendDecided } from './decided.ts'
import { openCall, readMessage } from './message.ts'
import type { Site, Station } from './site.ts'

/** The handler of such an operation. */
export function authorizeCallHandler(site: Site, station: Station) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    await turn()
    const call = openCall(site, station, request)
    return sendDecided(site, call, reply, async () => {
      checkOrigin(site, request)
      Object.assign(call, readRequest(station.operation, readMessage(request)))
      const { signedIn } = await readBrowser(site, request, reply, call.now)
      return answerOf(site, request, call, signedIn)
    })
  }
}

// It goes on a session cookie alone: no other site may make a browser call it.
function checkOrigin(site: Site, { headers }: FastifyRequest): void {
  const fetchSite = headers['sec-fetch-site']
  const foreign = headers.origin !== undefined && headers.origin !== site.origin
  if (foreign || (fetchSite !== undefined && fetchSite !== 'same-origin')) {
    throw new Refusal('origin_foreign')
  }
}

async function answerOf(
  site: Site,
  request: FastifyRequest,
  call: Call,
  signedIn: SignedIn | undefined,
): Promise<Answer> {
  const answered = await site.standIn?.(request, call, signedIn)
  const outcome = answered ?? (await authorize(site.parts, call, signedIn, undefined))
  if (outcome.next === 'login') throw new Refusal('login_needed')
  if (outcome.next === 'consent') throw new Refusal('consent_needed')
  // The caller is a script, which is told by a status what a browser is told by a redirect.
  const { refused } = call.about
  if (refused) throw new Refusal(refused)
  const { status, headers } = call.operation.answers
  const location = withQuery(outcome.to, redirectParameters(call.operation, outcome.facts))
  return { status, headers: { ...headers, location }, body: '' }
}
