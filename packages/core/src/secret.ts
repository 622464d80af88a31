// Codes, tokens and session secrets: mark + selector + verifier, kept only as SHA-256.

import { base64url } from 'jose'
import type { Parts } from './parts.ts'

/** What a secret is for; its mark makes one kind useless as another. */
export type SecretKind = 'access_token' | 'code' | 'refresh_token' | 'session'

const MARKS: Record<SecretKind, string> = {
  access_token: 'pa_',
  code: 'pc_',
  refresh_token: 'pr_',
  session: 'ps_',
}
const SELECTOR_BYTES = 8
const VERIFIER_BYTES = 24
const LENGTH = 43

type Secrecy = Pick<Parts, 'crypto' | 'dev' | 'maskKey'>

/** The mark in front of a secret; dev mode's own keeps it out of real systems. */
export function markOf(kind: SecretKind, dev: boolean): string {
  return dev ? `test_${MARKS[kind]}` : MARKS[kind]
}

// The row id is masked by a digest of the verifier, so that secrets show neither order nor volume.
async function applyMask(parts: Secrecy, bytes: Uint8Array): Promise<void> {
  const input = new Uint8Array(parts.maskKey.length + VERIFIER_BYTES)
  input.set(parts.maskKey)
  input.set(bytes.subarray(SELECTOR_BYTES), parts.maskKey.length)
  const mask = await parts.crypto.sha256(input)
  for (let i = 0; i < SELECTOR_BYTES; i++) bytes[i] = (bytes[i] ?? 0) ^ (mask[i] ?? 0)
}

/** A selector and verifier for row `id`: 43 characters with 192 random bits. */
export async function mintHandle(parts: Secrecy, id: number): Promise<string> {
  const bytes = new Uint8Array(SELECTOR_BYTES + VERIFIER_BYTES)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(id))
  bytes.set(parts.crypto.random(VERIFIER_BYTES), SELECTOR_BYTES)
  await applyMask(parts, bytes)
  return base64url.encode(bytes)
}

/** The row id in a handle; undefined when it cannot be one of ours. */
export async function readHandle(parts: Secrecy, text: string): Promise<number | undefined> {
  if (text.length !== LENGTH || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined
  const bytes = base64url.decode(text)
  await applyMask(parts, bytes)
  const id = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)
  return id <= Number.MAX_SAFE_INTEGER ? Number(id) : undefined
}

/** A new secret for row `id`, and the hash that the row keeps. */
export async function mintSecret(
  parts: Secrecy,
  kind: SecretKind,
  id: number,
): Promise<{ secret: string; hash: Uint8Array }> {
  const secret = markOf(kind, parts.dev) + (await mintHandle(parts, id))
  return { secret, hash: await parts.crypto.sha256(secret) }
}

/** The row id and hash of a presented secret; undefined for another kind or anything else. */
export async function readSecret(
  parts: Secrecy,
  kind: SecretKind,
  secret: string,
): Promise<{ id: number; hash: Uint8Array } | undefined> {
  const mark = markOf(kind, parts.dev)
  if (!secret.startsWith(mark)) return undefined
  const id = await readHandle(parts, secret.slice(mark.length))
  return id === undefined ? undefined : { id, hash: await parts.crypto.sha256(secret) }
}
