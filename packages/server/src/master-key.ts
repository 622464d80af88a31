// The master key: seals private keys and the database's secrets, so that a copy of the file is not enough.

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { Change, Store } from '@patois/core'
import { derive, nodeCrypto, openBytes, sealBytes } from './crypto.ts'

const SHORTEST = 32

/** The master keys, the one that seals first; or one sentence that says what is wrong. */
export type MasterKeys = { ok: true; secrets: readonly string[] } | { ok: false; fault: string }

/** Seals what must not lie open in the database; what a thing is for is its `label`. */
export type Sealer = {
  seal(plain: Uint8Array, label: string): Uint8Array
  /** Undefined when no key opens it; `stale` when another than the first did. */
  open(sealed: Uint8Array, label: string): { plain: Uint8Array; stale: boolean } | undefined
}

/** The label under which a private key is sealed. */
export function keyLabel(kid: string): string {
  return `key ${kid}`
}

/** The label under which a secret of the database is sealed. */
export function secretLabel(name: string): string {
  return `secret ${name}`
}

/**
 * Reads `PATOIS_MASTER_KEY`: one key, or two with a comma between, the new one first. A key may
 * have spaces inside; those around it are not part of it.
 */
export function readMasterKeys(text: string | undefined): MasterKeys {
  const secrets = (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  if (secrets.length === 0) {
    return wrong('PATOIS_MASTER_KEY is needed: make one with `openssl rand -base64 32` and keep it')
  }
  if (secrets.length > 2) return wrong('PATOIS_MASTER_KEY has more than two keys')
  const short = secrets.findIndex((one) => one.length < SHORTEST)
  if (short < 0) return { ok: true, secrets }
  const which = secrets.length === 1 ? '' : ` ${short + 1}`
  return wrong(
    `PATOIS_MASTER_KEY: key${which} is shorter than ${SHORTEST} characters: make one with \`openssl rand -base64 32\``,
  )
}

/** The master key of dev mode: random, in a file of its own that only this user may read. */
export function openDevMasterKey(path: string): MasterKeys {
  const known = readIfThere(path)
  if (known === undefined) {
    const made = Buffer.from(nodeCrypto.random(32)).toString('base64url')
    keepPrivately(path, made)
    return { ok: true, secrets: [made] }
  }
  const secret = known.trim()
  if (secret.length >= SHORTEST) return { ok: true, secrets: [secret] }
  return wrong(`${path} holds no master key: put the key back, or remove it with its database`)
}

/** A sealer whose first secret seals; every one opens. */
export function openSealer(secrets: readonly string[]): Sealer {
  const keys = secrets.map((secret) => derive(secret, 'patois master key'))
  const [first] = keys
  if (!first) throw new Error('A sealer needs a master key.')
  return {
    seal: (plain, label) => sealBytes(first, plain, label),
    open(sealed, label) {
      for (const key of keys) {
        const plain = openBytes(key, sealed, label)
        if (plain) return { plain, stale: key !== first }
      }
      return undefined
    },
  }
}

/**
 * Opens everything that is sealed and seals anew, under the first key, what another key opened.
 * Answers how many that were. Throws one clear sentence when the master key is not the right one;
 * nothing is made again then.
 */
export async function resealAll(store: Store, sealer: Sealer, now: number): Promise<number> {
  const keys = (await store.listKeys()).map((key): [string, Uint8Array, Resealed] => [
    keyLabel(key.kid),
    key.sealed,
    (sealed) => ({ put: 'key', key: { ...key, sealed } }),
  ])
  const secrets = (await store.listSecrets()).map(
    ({ name, sealed: old }): [string, Uint8Array, Resealed] => [
      secretLabel(name),
      old,
      (sealed) => ({ put: 'secret', secret: { name, sealed } }),
    ],
  )
  const changes = [...keys, ...secrets].flatMap(([label, sealed, change]) => {
    const opened = sealer.open(sealed, label)
    if (!opened) throw new Error(WRONG)
    return opened.stale ? [change(sealer.seal(opened.plain, label))] : []
  })
  if (changes.length === 0) return 0
  const event = {
    at: now,
    requestId: 'server',
    type: 'secrets_resealed',
    reason: 'master_key_changed',
  }
  await store.commit({ changes, events: [{ ...event, decision: 'allowed' }] })
  return changes.length
}

type Resealed = (sealed: Uint8Array) => Change

const WRONG =
  'The master key does not open the keys in the database: set PATOIS_MASTER_KEY to the key that the database was made with (during a change: the new one and the old one).'

/** A secret of the database, 32 random bytes; made and kept when there is none of that name. */
export async function openSecret(store: Store, sealer: Sealer, name: string): Promise<Uint8Array> {
  const kept = (await store.listSecrets()).find((one) => one.name === name)
  if (kept) {
    const opened = sealer.open(kept.sealed, secretLabel(name))
    if (!opened) throw new Error(WRONG)
    return opened.plain
  }
  const made = nodeCrypto.random(32)
  const secret = { name, sealed: sealer.seal(made, secretLabel(name)) }
  await store.commit({ changes: [{ put: 'secret', secret }], events: [] })
  return made
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

// Whole or not at all, and on disk before anything is sealed with it.
function keepPrivately(path: string, secret: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const half = `${path}.new`
  const file = openSync(half, 'w', 0o600)
  writeSync(file, `${secret}\n`)
  fsyncSync(file)
  closeSync(file)
  renameSync(half, path)
}

function wrong(fault: string): MasterKeys {
  return { ok: false, fault }
}
