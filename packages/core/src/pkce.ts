// Proof Key for Code Exchange, S256 only (RFC 7636).

import { base64url } from 'jose'
import type { Crypto } from './parts.ts'
import { Refusal } from './refusal.ts'

const CHALLENGE = /^[A-Za-z0-9_-]{43}$/
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

/** Throws a Refusal when a challenge or its method is not S256's (RFC 7636 §4.2, §4.3). */
export function checkChallenge(challenge: string, method: string | undefined): void {
  if (method !== 'S256') throw new Refusal('challenge_method_wrong')
  if (!CHALLENGE.test(challenge)) throw new Refusal('challenge_malformed')
}

/** The challenge that a verifier answers. Throws a Refusal when it is malformed (§4.1). */
export function challengeOf(crypto: Crypto, verifier: string): string {
  if (!VERIFIER.test(verifier)) throw new Refusal('verifier_malformed')
  return base64url.encode(crypto.sha256(verifier))
}
