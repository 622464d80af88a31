// Device: the cookie by which a browser is known to the people who signed in at it before.

import { randomBytes } from 'node:crypto'
import type { Device, User } from '@patois/core'
import { nodeCrypto } from '../crypto.ts'
import { cookieName, cookieOf, cookieOptions } from './browser.ts'
import type { Site } from './site.ts'
import type { Visit } from './visit.ts'

/** How long a browser is known after somebody's last sign-in there: a year, in seconds. */
const LIFE = 365 * 24 * 60 * 60
/** So many people share a browser at the most. */
const MOST_USERS = 8
const ID_BYTES = 16

/** The device that a browser proves to be; undefined for one where nobody signed in. */
export function readDevice(site: Site, { request, call }: Visit): Device | undefined {
  const sealed = cookieOf(site, request, 'device')
  if (sealed === undefined) return undefined
  const text = nodeCrypto.open(site.deviceKey, Buffer.from(sealed, 'base64url'), site.parts.issuer)
  if (text === undefined) return undefined
  // Nobody else has the key: what it opens is as we wrote it.
  const { id, users } = JSON.parse(text) as Device
  return { id, users: users.filter(({ at }) => at > call.now - LIFE) }
}

/** Makes the browser one that this user signed in at. */
export function setDevice(site: Site, visit: Visit, { id }: User): void {
  const before = readDevice(site, visit)
  const others = (before?.users ?? []).filter((user) => user.id !== id)
  const device: Device = {
    id: before?.id ?? randomBytes(ID_BYTES).toString('base64url'),
    users: [{ id, at: visit.call.now }, ...others].slice(0, MOST_USERS),
  }
  const sealed = nodeCrypto.seal(site.deviceKey, JSON.stringify(device), site.parts.issuer)
  const value = Buffer.from(sealed).toString('base64url')
  const options = { ...cookieOptions(site), maxAge: LIFE }
  visit.reply.setCookie(cookieName(site, 'device'), value, options)
}
