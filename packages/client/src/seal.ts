// Seal: what leaves the process is encrypted (AES-256-GCM), under a key that can be changed.

import { base64url } from './pkce.ts'

/** Seals texts with the first secret, and opens what any of them has sealed. */
export type Seal = {
  /** `name` goes along: what is sealed under one name does not open under another. */
  close(text: string, name: string): Promise<string>
  /** Throws an Error when no secret opens it. */
  open(sealed: string, name: string): Promise<string>
}

const LEAST_LENGTH = 32
const IV_BYTES = 12
const MARK = 'patois1'
const SEALED = /^patois1\.([\w-]{16})\.((?:[\w-]{4})*(?:[\w-]{2,3})?)$/

async function keyOf(secret: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', bytesOf(secret), 'HKDF', false, [
    'deriveKey',
  ])
  const how = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: bytesOf('patois keep'),
  }
  return crypto.subtle.deriveKey(how, material, { name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (character) => character.charCodeAt(0))
}

/**
 * A seal for these secrets, the current one first; each has at least 32 characters. Throws a
 * TypeError for fewer of either.
 */
export function sealOf(secrets: readonly string[]): Seal {
  if (secrets.length === 0 || secrets.some(({ length }) => length < LEAST_LENGTH)) {
    throw new TypeError(`secrets: give one of at least ${LEAST_LENGTH} characters, or several`)
  }
  const keys = secrets.map(keyOf)
  return {
    close: async (text, name) => {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
      const how = { name: 'AES-GCM', iv, additionalData: bytesOf(name) }
      const sealed = await crypto.subtle.encrypt(how, (await keys[0]) as CryptoKey, bytesOf(text))
      return `${MARK}.${base64url(iv)}.${base64url(new Uint8Array(sealed))}`
    },
    open: async (sealed, name) => {
      const [, iv = '', rest = ''] = SEALED.exec(sealed) ?? []
      const how = { name: 'AES-GCM', iv: fromBase64url(iv), additionalData: bytesOf(name) }
      for (const key of iv === '' ? [] : keys) {
        const open = crypto.subtle.decrypt(how, await key, fromBase64url(rest))
        const text = await open.catch(() => undefined)
        if (text) return new TextDecoder().decode(text)
      }
      throw new Error(`what is kept under ${name} opens with none of the secrets`)
    },
  }
}
