// DPoP: tokens that only the holder of a key can use (RFC 9449).

import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Binding, Outgoing } from './connection.ts'
import type { Heard } from './errors.ts'
import { base64url } from './pkce.ts'

const SCHEME = 'DPoP'

/** The key, and the clock. */
export type DpopOptions = {
  /** An ES256 key pair that can be used again; a new one when left out. */
  keys?: CryptoKeyPair
  /** Seconds. */
  now?: () => number
}

/**
 * A binding for `connect({ binding })`, and the thumbprint that tokens are bound to. Tokens that
 * the server has not bound are refused then (§5).
 */
export type Dpop = Binding & { thumbprint: string }

// The hash of an access token goes into the proofs that go with it (§4.2).
async function hashOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  return base64url(new Uint8Array(digest))
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}

/** Makes a binding to a key; nonces that servers ask for are remembered for each of them (§8). */
export async function dpop(options: DpopOptions = {}): Promise<Dpop> {
  const { now = () => Math.floor(Date.now() / 1000) } = options
  const keys = options.keys ?? (await generateKeyPair('ES256'))
  const jwk = await exportJWK(keys.publicKey)
  const nonces = new Map<string, string>()
  const proofFor = async (
    { method, url }: Omit<Outgoing, 'body'>,
    nonce?: string,
    accessToken?: string,
  ) =>
    new SignJWT({
      jti: crypto.randomUUID(),
      htm: method,
      htu: withoutQuery(url),
      ...(nonce !== undefined && { nonce }),
      ...(accessToken !== undefined && { ath: await hashOf(accessToken) }),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt(now())
      .sign(keys.privateKey)
  return {
    scheme: SCHEME,
    thumbprint: await calculateJwkThumbprint(jwk),
    prove: async (request, accessToken, send) => {
      const { origin } = new URL(request.url)
      const presented = /^Bearer /.test(request.headers.authorization ?? '') && accessToken
      const attempt = async (nonce: string | undefined) => {
        const came = await send({
          dpop: await proofFor(request, nonce, accessToken),
          ...(presented && { authorization: `${SCHEME} ${presented}` }),
        })
        const next = came.headers['dpop-nonce']
        if (next !== undefined) nonces.set(origin, next)
        return { came, next }
      }
      const nonce = nonces.get(origin)
      const { came, next } = await attempt(nonce)
      // Whoever had it already is not helped by it; of many at once, each was sent with its own.
      const isNew = next !== undefined && next !== nonce
      return isNew && wantsNonce(came) ? (await attempt(next)).came : came
    },
  }
}

function wantsNonce({ status, headers, body }: Heard): boolean {
  const said = `${headers['www-authenticate'] ?? ''} ${body}`
  return (status === 400 || status === 401) && said.includes('use_dpop_nonce')
}
