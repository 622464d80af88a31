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
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const DIGITS = new Uint8Array(128)
for (let i = 0; i < ALPHABET.length; i++) DIGITS[ALPHABET.charCodeAt(i)] = i

type Secrecy = Pick<Parts, 'crypto' | 'dev' | 'maskKey'>

/** The mark in front of a secret; dev mode's own keeps it out of real systems. */
export function markOf(kind: SecretKind, dev: boolean): string {
  return dev ? `test_${MARKS[kind]}` : MARKS[kind]
}

// The row id is masked by a digest of the verifier, so that secrets show neither order nor volume.
function applyMask({ maskKey, crypto }: Secrecy, bytes: Uint8Array): void {
  const input = new Uint8Array(maskKey.length + VERIFIER_BYTES)
  input.set(maskKey)
  // One by one: a view of so small an array makes an engine move it out of its heap, which costs 0.5 µs.
  for (let i = 0; i < VERIFIER_BYTES; i++)
    input[maskKey.length + i] = bytes[SELECTOR_BYTES + i] ?? 0
  const mask = crypto.sha256(input)
  for (let i = 0; i < SELECTOR_BYTES; i++) bytes[i] = (bytes[i] ?? 0) ^ (mask[i] ?? 0)
}

/** A selector and verifier for row `id`: 43 characters with 192 random bits. */
export function mintHandle(parts: Secrecy, id: number): string {
  const bytes = new Uint8Array(SELECTOR_BYTES + VERIFIER_BYTES)
  for (let i = SELECTOR_BYTES - 1, rest = id; i >= 0; i--, rest = Math.floor(rest / 256)) {
    bytes[i] = rest % 256
  }
  bytes.set(parts.crypto.random(VERIFIER_BYTES), SELECTOR_BYTES)
  applyMask(parts, bytes)
  return base64url.encode(bytes)
}

/** The row id in a handle; undefined when it cannot be one of ours. */
export function readHandle(parts: Secrecy, text: string): number | undefined {
  if (text.length !== LENGTH || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined
  const bytes = decode(text)
  applyMask(parts, bytes)
  let id = 0
  for (let i = 0; i < SELECTOR_BYTES; i++) id = id * 256 + (bytes[i] ?? 0)
  return id <= Number.MAX_SAFE_INTEGER ? id : undefined
}

// 43 characters of base64url; by way of what decodes any text it costs 1 µs.
function decode(text: string): Uint8Array {
  const bytes = new Uint8Array(SELECTOR_BYTES + VERIFIER_BYTES)
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < LENGTH; i++) {
    bits = ((bits << 6) | (DIGITS[text.charCodeAt(i)] ?? 0)) & 0xffff
    held += 6
    if (held < 8) continue
    held -= 8
    bytes[at++] = bits >> held
  }
  return bytes
}

/** A new secret for row `id`, and the hash that the row keeps. */
export function mintSecret(
  parts: Secrecy,
  kind: SecretKind,
  id: number,
): { secret: string; hash: Uint8Array } {
  const secret = markOf(kind, parts.dev) + mintHandle(parts, id)
  return { secret, hash: parts.crypto.sha256(secret) }
}

/** The row id and hash of a presented secret; undefined for another kind or anything else. */
export function readSecret(
  parts: Secrecy,
  kind: SecretKind,
  secret: string,
): { id: number; hash: Uint8Array } | undefined {
  const mark = markOf(kind, parts.dev)
  if (!secret.startsWith(mark)) return undefined
  const id = readHandle(parts, secret.slice(mark.length))
  return id === undefined ? undefined : { id, hash: parts.crypto.sha256(secret) }
}
