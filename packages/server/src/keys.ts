// The signing keys: made, kept sealed, published and changed in stages that follow from times only.

import { createPrivateKey, type KeyObject } from 'node:crypto'
import {
  type Awaitable,
  type Change,
  type Jwk,
  type Key,
  type KeyKind,
  type Keys,
  type Plan,
  type SignatureAlg,
  type Store,
  Unavailable,
} from '@patois/core'
import type { ServerLifetimes } from './configuration.ts'
import { publicJwk, signatures, thumbprint } from './crypto.ts'
import type { Log } from './log.ts'
import { keyLabel, type Sealer } from './master-key.ts'

/** What keys are made of and kept in; `now` in seconds. */
export type KeyParts = {
  store: Pick<Store, 'listKeys' | 'commit'>
  sealer: Sealer
  lifetimes: Pick<
    ServerLifetimes,
    'access_token' | 'id_token' | 'key_rotation' | 'key_publish_ahead'
  >
  dev: boolean
  log: Log
  now: number
  /** Kinds of keys that dialects ask for, beside our own. */
  kinds?: readonly KeyKind[]
  /** The first key of a kind, where it is not to be made. */
  firstKey?: (kind: KeyKind) => KeyObject
}

/** The keys of a running server. */
export type KeyRing = Keys & {
  /** Answers when there is a key of this kind. */
  ready(kind: KeyKind): Promise<void>
  /** Every kind that there is a key of, or will be soon. */
  kinds: readonly KeyKind[]
  /** Since when the current key of this kind signs, in seconds; undefined while there is none. */
  since(kind: KeyKind, now: number): number | undefined
  /** Answers when no key is being made any more; its maker logs a failure. */
  settled(): Promise<void>
  /** Reads the kept keys again, makes the next ones that are due and ends those that are past. */
  tick(now: number): Promise<void>
}

/** Where a key stands in its life; a past one is published no more. */
export type Stage = 'next' | 'current' | 'previous' | 'past'

/** A key that can sign; `headers` keeps the encoded JWT header of each type. */
type Signer = { key: Key; privateKey: KeyObject; headers: Map<string, string> }

/** What is published follows from the keys and the second. */
type Published = { signers: readonly Signer[]; now: number; jwks: readonly Jwk[] }

type Ring = {
  parts: KeyParts
  signers: readonly Signer[]
  making: Map<KeyKind, Promise<void>>
  published?: Published
}

/** The kinds that are there before the first answer, and those that take their time. */
const QUICK: readonly KeyKind[] = ['ES256', 'EdDSA']
const SLOW: readonly KeyKind[] = ['RS256']
/** A verifier's clock may be so far behind ours, so its last tokens live on there; seconds. */
const SKEW = 5 * 60
/** In front of the ids of keys that nobody outside dev mode may sign with. */
const DEV_MARK = 'dev-'
/** Longer than making any kind of key takes; seconds. */
const LEASE = 120

/** Opens the kept keys; makes ES256 and EdDSA before it answers, RS256 on the thread pool after. */
export async function openKeys(parts: KeyParts): Promise<KeyRing> {
  const ring: Ring = { parts, signers: [], making: new Map() }
  await load(ring)
  await Promise.all(QUICK.map((kind) => make(ring, kind, parts.now)))
  for (const kind of slowKinds(parts)) {
    make(ring, kind, parts.now).catch((err) => parts.log.error({ err }, `no ${kind} key was made`))
  }
  return {
    sign(kind, type, claims, now) {
      const signer = signing(ring, kind, now)
      if (!(signer instanceof Promise)) return signed(signer, type, claims)
      return signer.then((one) => signed(one, type, claims))
    },
    published(now) {
      if (ring.making.size === 0) return publishedAt(ring, now)
      // Nobody shall keep a key set for an hour that lacks a key which is a moment away.
      return Promise.allSettled(ring.making.values()).then(() => publishedAt(ring, now))
    },
    ready: async (kind) => ring.making.get(kind),
    kinds: [...QUICK, ...slowKinds(parts)],
    since: (kind, now) => current(ring, kind, now)?.key.signsFrom,
    async settled() {
      await Promise.allSettled(ring.making.values())
    },
    tick: (now) => tick(ring, now),
  }
}

function slowKinds({ kinds = [] }: KeyParts): KeyKind[] {
  return [...new Set([...SLOW, ...kinds])]
}

/** The algorithm in a JWT's header. */
function algOf(kind: KeyKind): SignatureAlg {
  return kind === 'RS256/4096' ? 'RS256' : kind
}

/**
 * The stage of each key by `kid`: of an algorithm, the latest to have begun signs. One that it
 * followed stays published for `kept` seconds after, as long as any token that it signed.
 */
export function stages(keys: readonly Key[], now: number, kept: number): Map<string, Stage> {
  const stage = new Map<string, Stage>()
  for (const kind of new Set(keys.map((key) => key.kind))) {
    const line = keys.filter((key) => key.kind === kind).sort(byBirth)
    // A clock that was set back may leave none that has begun: then the oldest signs on.
    const current = Math.max(
      0,
      line.findLastIndex((key) => key.signsFrom <= now),
    )
    line.forEach((key, index) => {
      const over = (line[index + 1]?.signsFrom ?? now) + kept <= now
      const passed = over ? 'past' : 'previous'
      stage.set(key.kid, index > current ? 'next' : index === current ? 'current' : passed)
    })
  }
  return stage
}

function byBirth(a: Key, b: Key): number {
  return a.signsFrom - b.signsFrom || (a.kid < b.kid ? -1 : 1)
}

function pastOf({ signers, parts: { lifetimes } }: Ring, now: number): Signer[] {
  const longestLife = Math.max(lifetimes.access_token, lifetimes.id_token)
  const keys = signers.map(({ key }) => key)
  const stage = stages(keys, now, longestLife + SKEW)
  return signers.filter(({ key }) => stage.get(key.kid) === 'past')
}

function current({ signers }: Ring, kind: KeyKind, now: number): Signer | undefined {
  return (
    signers.findLast(({ key }) => key.kind === kind && key.signsFrom <= now) ??
    signers.find(({ key }) => key.kind === kind)
  )
}

// Every JWT that is presented asks for it.
function publishedAt(ring: Ring, now: number): readonly Jwk[] {
  const { signers, published } = ring
  if (published?.signers === signers && published.now === now) return published.jwks
  const past = pastOf(ring, now)
  const jwks = signers.filter((one) => !past.includes(one)).map(({ key }) => key.publicJwk)
  ring.published = { signers, now, jwks }
  return jwks
}

function signing(ring: Ring, kind: KeyKind, now: number): Awaitable<Signer> {
  const signer = current(ring, kind, now)
  if (signer) return signer
  // Being made, or its making failed with the store a moment ago: then it is tried again.
  return make(ring, kind, now).then(() => signing(ring, kind, now))
}

function signed({ key, privateKey, headers }: Signer, typ: string, claims: object) {
  const known = headers.get(typ)
  const header = known ?? encoded({ alg: algOf(key.kind), typ, kid: key.kid })
  if (known === undefined) headers.set(typ, header)
  const text = `${header}.${encoded(claims)}`
  const whole = (signature: Buffer): string => `${text}.${signature.toString('base64url')}`
  const signature = signatures[key.kind].sign(Buffer.from(text), privateKey)
  return signature instanceof Promise ? signature.then(whole) : whole(signature)
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** Makes the first key of an algorithm where there is none, once at a time. */
function make(ring: Ring, kind: KeyKind, now: number): Promise<void> {
  if (ring.signers.some(({ key }) => key.kind === kind)) return Promise.resolve()
  const making =
    ring.making.get(kind) ?? add(ring, kind, now, now).finally(() => ring.making.delete(kind))
  ring.making.set(kind, making)
  return making
}

async function add(ring: Ring, kind: KeyKind, signsFrom: number, now: number): Promise<void> {
  const isFirst = !ring.signers.some((one) => one.key.kind === kind)
  const given = isFirst ? ring.parts.firstKey?.(kind) : undefined
  const privateKey = given ?? (await signatures[kind].generate())
  const jwk = publicJwk(privateKey)
  const kid = `${ring.parts.dev ? DEV_MARK : ''}${thumbprint(jwk)}`
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  const sealed = ring.parts.sealer.seal(pkcs8, keyLabel(kid))
  const published = { ...jwk, kid, alg: algOf(kind), use: 'sig' }
  const key: Key = { kid, kind, publicJwk: published, sealed, createdAt: now, signsFrom }
  // Of servers that find a key missing at the same moment, one makes it.
  const until = now + LEASE
  const spend = { what: 'lease', name: `key:${kind}`, holder: kid, at: now, until } as const
  if (await keep(ring.parts, { spend, changes: [{ put: 'key', key }] }, 'key_made', now)) {
    return enter(ring, [...ring.signers, { key, privateKey, headers: new Map() }])
  }
  await load(ring)
  if (ring.signers.some((one) => one.key.kind === kind)) return
  throw new Unavailable(`Another server makes the ${kind} key.`)
}

async function tick(ring: Ring, now: number): Promise<void> {
  // A key that enters while the kept ones are read would be missing from them.
  await Promise.allSettled(ring.making.values())
  await load(ring)
  const { key_rotation: rotation, key_publish_ahead: ahead } = ring.parts.lifetimes
  for (const kind of [...QUICK, ...slowKinds(ring.parts)]) {
    const latest = ring.signers.findLast(({ key }) => key.kind === kind)?.key
    const due = latest && latest.signsFrom + rotation
    if (due === undefined) await make(ring, kind, now)
    else if (due - ahead <= now) await add(ring, kind, Math.max(due, now + ahead), now)
  }
  const past = pastOf(ring, now)
  if (past.length === 0) return
  const changes = past.map(({ key }): Change => ({ end: 'key', kid: key.kid }))
  await keep(ring.parts, { changes }, 'key_ended', now)
  const rest = ring.signers.filter((signer) => !past.includes(signer))
  enter(ring, rest)
}

// Another server of the same database may have made or ended keys since.
async function load(ring: Ring): Promise<void> {
  const known = new Map(ring.signers.map((signer) => [signer.key.kid, signer]))
  const keys = await ring.parts.store.listKeys()
  const foreign = keys.find(({ kid }) => !ring.parts.dev && kid.startsWith(DEV_MARK))
  if (foreign) throw new Error(`The signing key ${foreign.kid} was made in dev mode.`)
  const signers = keys.map((key) => known.get(key.kid) ?? opened(key, ring.parts.sealer))
  const kids = new Set(keys.map((key) => key.kid))
  // What we made while they were read is kept, too.
  const made = ring.signers.filter(({ key }) => !known.has(key.kid) && !kids.has(key.kid))
  enter(ring, [...signers, ...made])
}

function opened(key: Key, sealer: Sealer): Signer {
  const pkcs8 = sealer.open(key.sealed, keyLabel(key.kid))?.plain
  if (!pkcs8) throw new Error(`The master key does not open the signing key ${key.kid}.`)
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
  return { key, privateKey, headers: new Map() }
}

function enter(ring: Ring, signers: readonly Signer[]): void {
  ring.signers = signers.toSorted((a, b) => byBirth(a.key, b.key))
}

function keep(
  parts: KeyParts,
  plan: Omit<Plan, 'events'>,
  type: string,
  at: number,
): Promise<boolean> {
  const event = { at, requestId: 'server', type, decision: 'allowed', reason: 'rotation' } as const
  return parts.store.commit({ ...plan, events: [event] })
}
