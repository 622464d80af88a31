// Browser: who is signed in at it, and the cookies that say so.

import { createHash, randomBytes } from 'node:crypto'
import { findSignedIn, keepSession, type SignedIn } from '@patois/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Site } from './site.ts'

/** The browser of a request: `id` binds its forms, before and after anybody signed in. */
export type Browser = { id: string; signedIn?: SignedIn }

const ID = /^[A-Za-z0-9_-]{22}$/
const ID_BYTES = 16

/** What cookies of ours are for. */
export type CookieKind = 'session' | 'browser' | 'device'

/**
 * The name of a cookie of ours: ports share cookies, so the issuer is in it; `__Host-` wants https
 * (RFC 6265bis §4.1.3).
 */
export function cookieName(site: Site, what: CookieKind): string {
  const { issuer } = site.parts
  const hash = createHash('sha256').update(issuer).digest('hex').slice(0, 8)
  const name = `patois-${what}-${hash}`
  return site.origin.startsWith('https:') ? `__Host-${name}` : name
}

/** A cookie of ours that the request carries. */
export function cookieOf(
  site: Site,
  { server, headers }: FastifyRequest,
  what: CookieKind,
): string | undefined {
  return server.parseCookie(headers.cookie ?? '')[cookieName(site, what)]
}

/** What every cookie of ours is sent with. */
export function cookieOptions(site: Site) {
  const secure = site.origin.startsWith('https:')
  return { path: '/', httpOnly: true, sameSite: 'lax', secure } as const
}

/** Reads the browser of a request, and gives it an id when it has none yet. */
export async function readBrowser(
  site: Site,
  request: FastifyRequest,
  reply: FastifyReply,
  now: number,
): Promise<Browser> {
  const secret = cookieOf(site, request, 'session')
  const signedIn = secret ? await findSignedIn(site.parts, secret, now) : undefined
  if (secret && !signedIn) reply.clearCookie(cookieName(site, 'session'), cookieOptions(site))
  if (signedIn) await noteUse(site, signedIn, now)
  const sent = cookieOf(site, request, 'browser')
  const id = sent && ID.test(sent) ? sent : giveId(site, reply)
  return { id, ...(signedIn && { signedIn }) }
}

// Whoever cannot be noted as still here is here all the same: the page is worth more.
async function noteUse(site: Site, signedIn: SignedIn, now: number): Promise<void> {
  try {
    await keepSession(site.parts, signedIn, now)
  } catch (err) {
    site.log.warn({ err }, 'the use of a session was not noted')
  }
}

function giveId(site: Site, reply: FastifyReply): string {
  const id = randomBytes(ID_BYTES).toString('base64url')
  reply.setCookie(cookieName(site, 'browser'), id, cookieOptions(site))
  return id
}

/** What a question to a signed-in user is bound to; a sign-in of its own changes nothing here. */
export function userBinding({ id, signedIn }: Browser): string {
  return `${id} ${signedIn?.user.id ?? ''}`
}

/** Signs the browser in under a new secret. */
export function setSession(site: Site, reply: FastifyReply, secret: string): void {
  reply.setCookie(cookieName(site, 'session'), secret, cookieOptions(site))
}

/** Takes the session secret away. */
export function clearSession(site: Site, reply: FastifyReply): void {
  reply.clearCookie(cookieName(site, 'session'), cookieOptions(site))
}

/** True when the request carries any cookie of ours: one sent by another site carries none. */
export function hasCookies(site: Site, request: FastifyRequest): boolean {
  return cookieOf(site, request, 'browser') !== undefined
}
