// Forgery: tokens with claims, signatures and keys that are not what they should be.

import type { KeyObject } from 'node:crypto'
import type { Jwk, KeyKind, Parts } from '@patois/core'
import { publicJwk, signatures } from '../crypto.ts'
import type { Fault } from './fault-kinds.ts'

type TokenFault = Omit<Extract<Fault, { kind: 'token' }>, 'kind' | 'token'>

/** What tokens are signed with anew. */
export type Forge = {
  /** The same JWT with what a fault changes of it; undefined for what is no JWT. */
  token(jwt: string, fault: TokenFault, now: number): Promise<string | undefined>
  /** Published keys with other key material under the same names. */
  keys(published: readonly Jwk[]): Promise<Jwk[]>
}

/** RSA of 4096 bits has a longer modulus in base64url than this. */
const LONG_MODULUS = 400
/** Seconds since a token that is made to have expired did. */
const PAST = 60

/** Opens the forge; foreign keys are made when they are first asked for. */
export function openForge(parts: Pick<Parts, 'keys'>): Forge {
  const foreign = new Map<KeyKind, Promise<KeyObject>>()
  const foreignKey = (kind: KeyKind): Promise<KeyObject> => {
    const key = foreign.get(kind) ?? signatures[kind].generate()
    foreign.set(kind, key)
    return key
  }
  return {
    async token(jwt, fault, now) {
      const read = readJwt(jwt)
      if (!read) return undefined
      const claims = claimsOf(read.claims, fault, now)
      const { header } = read
      if (fault.signature === 'none')
        return `${encoded({ ...header, alg: 'none' })}.${encoded(claims)}.`
      const kind = await kindOf(parts, header, now)
      if (fault.signature === 'other_key') {
        const text = `${encoded(header)}.${encoded(claims)}`
        const signed = await signatures[kind].sign(Buffer.from(text), await foreignKey(kind))
        return `${text}.${signed.toString('base64url')}`
      }
      const signed = await parts.keys.sign(kind, String(header.typ), claims, now)
      return fault.signature === 'wrong' ? spoilSignature(signed) : signed
    },
    keys: (published) =>
      Promise.all(
        published.map(async (jwk) => {
          const { kid, alg, use } = jwk
          return { ...publicJwk(await foreignKey(kindOfJwk(jwk))), kid, alg, use } as Jwk
        }),
      ),
  }
}

type Claims = Record<string, unknown>

/** Header and claims of a JWT, whoever signed it; undefined for anything else. */
export function readJwt(text: string): { header: Claims; claims: Claims } | undefined {
  const [head = '', body = '', ...rest] = text.split('.')
  if (rest.length !== 1 || !head.startsWith('eyJ')) return undefined
  try {
    return { header: decoded(head), claims: decoded(body) }
  } catch {
    return undefined
  }
}

function claimsOf(claims: Claims, { set, drop = [], expired }: TokenFault, now: number): Claims {
  const life = Number(claims.exp) - Number(claims.iat)
  const past = { iat: now - PAST - life, exp: now - PAST }
  const changed = { ...claims, ...(expired && past), ...set }
  return Object.fromEntries(Object.entries(changed).filter(([name]) => !drop.includes(name)))
}

async function kindOf(parts: Pick<Parts, 'keys'>, header: Claims, now: number): Promise<KeyKind> {
  const keys = await parts.keys.published(now)
  const jwk = keys.find(({ kid }) => kid === header.kid)
  return jwk ? kindOfJwk(jwk) : (header.alg as KeyKind)
}

function kindOfJwk({ alg, n }: Jwk): KeyKind {
  return alg === 'RS256' && String(n).length > LONG_MODULUS ? 'RS256/4096' : (alg as KeyKind)
}

// The first character, for the last one may have bits that nobody reads.
function spoilSignature(jwt: string): string {
  const at = jwt.lastIndexOf('.') + 1
  return jwt.slice(0, at) + (jwt[at] === 'A' ? 'B' : 'A') + jwt.slice(at + 1)
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decoded(text: string): Claims {
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as Claims
}
