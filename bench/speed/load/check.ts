// Whether answers are right: their status and shape, that no token comes twice, that JWTs verify.

import { createPublicKey, verify } from 'node:crypto'
import type { Expected, Job } from '../job.ts'
import type { Heard } from './lane.ts'

/** The end of a token tells it from every other; a whole JWT would only take room. */
const TELLING = 24

/** The text of a member in a JSON body; quicker than reading all of it. */
export function memberOf(body: string, member: string): string {
  const key = `"${member}":"`
  const at = body.indexOf(key)
  if (at < 0) return (new RegExp(`"${member}"\\s*:\\s*"([^"]*)"`).exec(body) ?? [])[1] ?? ''
  const start = at + key.length
  return body.slice(start, body.indexOf('"', start))
}

/** Answers what is wrong with an answer; undefined for a right one. Remembers its token. */
export function openCheck({ status, has, fresh }: Expected): (heard: Heard) => string | undefined {
  const seen = new Set<string>()
  return (heard) => {
    if (heard.status !== status) return `status ${heard.status}: ${heard.body.slice(0, 300)}`
    const missing = has.find((text) => !heard.body.includes(text))
    if (missing !== undefined) return `no ${missing} in ${heard.body.slice(0, 300)}`
    if (fresh === undefined) return undefined
    const token = memberOf(heard.body, fresh)
    const telling = token.slice(-TELLING)
    if (token.length < 16) return `no ${fresh} in ${heard.body.slice(0, 300)}`
    if (seen.has(telling)) return `${fresh} came twice`
    seen.add(telling)
    return undefined
  }
}

/** Verifies a JWT in each of some bodies. Throws an Error with what is wrong. */
export async function checkJwts({ port, expected }: Job, bodies: readonly string[]): Promise<void> {
  const { jwt } = expected
  if (!jwt) return
  const answer = await fetch(`http://127.0.0.1:${port}${jwt.jwks}`)
  const { keys } = (await answer.json()) as { keys: (JsonWebKey & { kid?: string })[] }
  for (const body of bodies) checkJwt(memberOf(body, jwt.member), keys)
}

function checkJwt(token: string, keys: readonly (JsonWebKey & { kid?: string })[]): void {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const { alg, kid } = readPart(header)
  const jwk = keys.find((key) => key.kid === kid && key.kty === 'EC')
  if (alg !== 'ES256' || !jwk) throw new Error(`a JWT with ${alg} and the key ${kid}`)
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const signed = Buffer.from(`${header}.${payload}`)
  const bytes = Buffer.from(signature, 'base64url')
  if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, bytes)) {
    throw new Error('a JWT that does not verify')
  }
  if (!(Number(readPart(payload).exp) > Date.now() / 1000)) throw new Error('a JWT that is over')
}

function readPart(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}
