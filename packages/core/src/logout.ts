// RP-initiated logout (OIDC RP-Initiated Logout 1.0).

import type { SignedIn } from './authorize.ts'
import { type Call, eventOf } from './call.ts'
import { audienceOf, type Claims, readOwnJwt } from './jwt.ts'
import type { Parts } from './parts.ts'
import type { Client } from './records.ts'
import { Refusal } from './refusal.ts'
import { endings } from './session.ts'

/** What a logout request asks for, as far as it could be believed. */
export type LogoutRequest = {
  client?: Client
  /** Where to go afterwards; only a registered place, of a client that is known. */
  continueTo?: string
  state?: string
  /** True when all of it holds and is about this browser's session: then nobody need be asked. */
  isCertain: boolean
}

/**
 * Reads a logout request; what does not hold is left out, and the user is asked. Throws a Refusal
 * when its hint and its client_id contradict each other.
 */
export async function readLogout(
  parts: Parts,
  call: Call,
  signedIn: SignedIn | undefined,
): Promise<LogoutRequest> {
  const { id_token_hint, client_id, post_logout_redirect_uri, state } = call.fields
  const hint = id_token_hint ? await readOwnJwt(parts, id_token_hint, 'JWT', call.now) : undefined
  const id = clientIdOf(hint, id_token_hint, client_id)
  const found = id === undefined ? undefined : await parts.store.findClient(id)
  const client = found?.disabledAt === undefined ? found : undefined
  if (client) call.about.clientId = client.id
  const onward = post_logout_redirect_uri
  const registered = onward !== undefined && client?.postLogoutRedirectUris.includes(onward)
  const isWhole = client !== undefined && (onward === undefined || registered === true)
  return {
    ...(client && { client }),
    ...(registered && { continueTo: onward }),
    ...(registered && state !== undefined && { state }),
    isCertain: isWhole && isAboutSession(hint, signedIn),
  }
}

// A hint that is wrong vouches for nobody, not even for the client_id beside it.
function clientIdOf(
  hint: Claims | undefined,
  sentHint: string | undefined,
  clientId: string | undefined,
): string | undefined {
  if (sentHint === undefined) return clientId
  if (!hint) return undefined
  const audience = audienceOf(hint)
  if (clientId !== undefined && !audience.includes(clientId)) {
    throw new Refusal('hint_other_client')
  }
  // Some clients are named twice, first by their id.
  return audience[0]
}

function isAboutSession(hint: Claims | undefined, signedIn: SignedIn | undefined): boolean {
  if (!hint) return false
  if (!signedIn) return true
  return (
    hint.sub === signedIn.user.sub && (hint.sid === undefined || hint.sid === signedIn.session.sid)
  )
}

/** Ends the session, and the families of its sign-ins that were not given offline_access. */
export async function endSession(parts: Parts, call: Call, signedIn: SignedIn): Promise<void> {
  call.about.userId = signedIn.user.id
  await parts.store.commit({
    changes: endings(signedIn.session, call.now),
    events: [eventOf(call, 'sign_out', 'allowed', 'logout')],
  })
}
