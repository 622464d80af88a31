// Client assertions as clients sign them, and as attackers do.

import { type KeyObject, randomUUID, sign } from 'node:crypto'
import type { Answer } from './browser.ts'
import { PK_PRIVATE } from './fixtures.ts'
import { sendRaw } from './raw.ts'
import type { TestServer } from './server.ts'

/** The client_assertion_type of a JWT (RFC 7523 §2.2). */
export const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** One part of a compact JWS; text is taken as JSON already. */
export const encode = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

/** Makes the signature over header and payload. */
export type Seal = (data: string) => Uint8Array

/** Signs with ES256, by default as client `pk`. */
export const es256 =
  (key: KeyObject = PK_PRIVATE): Seal =>
  (data) =>
    sign('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' })

/** A compact JWS of whatever stands in header and payload. */
export const jws = (header: unknown, payload: unknown, seal = es256()): string => {
  const data = `${encode(header)}.${encode(payload)}`
  return `${data}.${Buffer.from(seal(data)).toString('base64url')}`
}

/** The claims of a client about itself, good for a minute. */
export const claimsFor = (
  server: Pick<TestServer, 'clock' | 'issuer'>,
  client: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> => {
  const now = server.clock.now()
  const own = { iss: client, sub: client, aud: server.issuer, jti: randomUUID() }
  return { ...own, iat: now, exp: now + 60, ...more }
}

/** Asks for client credentials by assertion; without a client_id its `sub` names the client. */
export const assertAt = (
  server: Pick<TestServer, 'port' | 'url'>,
  client_assertion: string,
  more: Record<string, string> = {},
): Promise<Answer> => {
  const fields = { grant_type: 'client_credentials', scope: 'api.read', client_assertion }
  return sendRaw(server, '/token', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...fields, client_assertion_type: ASSERTION, ...more }).toString(),
  })
}
