// JWTs of our own, read back: signature by a published key, type and issuer (RFC 8725, RFC 9068).

import { compactVerify, decodeProtectedHeader, importJWK } from 'jose'
import type { Parts } from './parts.ts'
import type { Jwk } from './records.ts'

/** The `typ` of an access token (RFC 9068 §2.1) and of an ID token. */
export type JwtType = 'at+jwt' | 'JWT'

/** The claims of a JWT. */
export type Claims = Readonly<Record<string, unknown>>

const LONGEST = 16_384
// The bits that a last character has to spare are zero, so that one JWT is one text.
const PART = '(?=[^.])(?:[\\w-]{4})*(?:[\\w-][AQgw]|[\\w-]{2}[AEIMQUYcgkosw048])?'
const COMPACT = new RegExp(`^${PART}\\.${PART}\\.${PART}$`)
const imported = new WeakMap<Jwk, ReturnType<typeof importJWK>>()

function keyOf(jwk: Jwk): ReturnType<typeof importJWK> {
  const known = imported.get(jwk)
  if (known) return known
  const key = importJWK(jwk as Parameters<typeof importJWK>[0])
  imported.set(jwk, key)
  return key
}

/** True for text that is written as a compact JWS, and short enough to be worth reading. */
export function looksLikeJwt(text: string): boolean {
  return text.length <= LONGEST && COMPACT.test(text)
}

/**
 * The claims of a JWT that one of our published keys signed as this type for this issuer;
 * undefined for anything else. It says when it was made and when it ends, in whole seconds;
 * whether it has expired is for the caller to judge.
 */
export async function readOwnJwt(
  parts: Parts,
  token: string,
  type: JwtType,
  now: number,
): Promise<Claims | undefined> {
  if (!looksLikeJwt(token)) return undefined
  try {
    const header = decodeProtectedHeader(token)
    const jwk = (await parts.keys.published(now)).find((one) => one.kid === header.kid)
    if (!jwk || header.typ !== type) return undefined
    const { payload } = await compactVerify(token, await keyOf(jwk), {
      algorithms: [String(jwk.alg)],
    })
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload))
    return isClaims(claims) && claims.iss === parts.issuer && hasTimes(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

function isClaims(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasTimes({ iat, exp }: Claims): boolean {
  return isTime(iat) && isTime(exp)
}

/** True for a time in whole seconds; some senders write them as text or with a fraction. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Whom a JWT is for (RFC 7519 §4.1.3); nobody when one of the names is not text. */
export function audienceOf({ aud }: Claims): readonly string[] {
  const names: unknown[] = [aud].flat()
  return names.every((one) => typeof one === 'string' && one !== '') ? (names as string[]) : []
}
