// Revoke: ends a token whoever holds it, for tests that need it gone.

import { type Change, readSecret } from '@patois/core'
import { EmulatorFault } from '../../emulator/fault.ts'
import { readJwt } from '../../emulator/forge.ts'
import type { DevSite } from '../site.ts'

/** Ends a token, a refresh token with its family. Throws an EmulatorFault for what is none. */
export async function endToken({ parts, clock }: DevSite, text: string): Promise<void> {
  const at = clock.now()
  const change =
    (await familyEnd(parts, text, at)) ??
    (await accessEnd(parts, text, at)) ??
    (await jwtEnd(parts, text))
  if (!change) throw new EmulatorFault('This is no token of this server.')
  await parts.store.commit({ changes: [change], events: [] })
}

type DevParts = DevSite['parts']

async function familyEnd(parts: DevParts, text: string, at: number): Promise<Change | undefined> {
  const read = readSecret(parts, 'refresh_token', text)
  const found = read && (await parts.store.findRefreshToken(read.id))
  return found && { end: 'family', id: found.family.id, at, reason: 'revoked' }
}

async function accessEnd(parts: DevParts, text: string, at: number): Promise<Change | undefined> {
  const read = readSecret(parts, 'access_token', text)
  return read && { end: 'access_token', id: read.id, at }
}

async function jwtEnd(parts: DevParts, text: string): Promise<Change | undefined> {
  const { jti, exp } = readJwt(text)?.claims ?? {}
  if (typeof jti !== 'string') return undefined
  return { end: 'jwt', jtiHash: parts.crypto.sha256(jti), expiresAt: Number(exp) }
}
