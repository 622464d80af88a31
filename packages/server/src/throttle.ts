// Throttles: count failures by client, account, device and network, and say how long to wait.

import { isIP } from 'node:net'
import type { Store, Throttle } from '@patois/core'
import { type Limit, openBuckets } from './buckets.ts'
import type { Clock } from './clock.ts'
import { nodeCrypto } from './crypto.ts'

/**
 * The limit of each kind of name; a name is `kind:value`. A bucket leaks while it is filled: in no
 * hour is a password of one account tried more than 100 times, 50 at once and 50 more.
 */
const LIMITS: Readonly<Record<string, Limit>> = {
  client: { tries: 50, seconds: 15 * 60 },
  account: { tries: 50, seconds: 60 * 60 },
  device: { tries: 50, seconds: 60 * 60 },
  network: { tries: 300, seconds: 15 * 60 },
  event: { tries: 300, seconds: 15 * 60 },
}

/** Kinds that protect the server itself, and count what it does alone. */
const OWN = ['event']

/**
 * Other servers hear of a name once so large a part of its bucket is full here: who mistypes now
 * and then, and names that are made up, cost no write.
 */
const UNSHARED = 0.1

/** So many names of each kind are remembered. */
const MOST_NAMES = 50_000
const LONGEST_NAME = 128

type ThrottleParts = { clock: Clock; store?: Pick<Store, 'countFailures'> }

/**
 * Counts in memory, by our own clock, and where other servers count the same, what failed also in
 * the store. Throws for a kind that has no limit.
 */
export function openThrottle({ clock, store = {} }: ThrottleParts): Throttle {
  const kinds = new Map(
    Object.entries(LIMITS).map(([kind, limit]) => [
      kind,
      { limit, buckets: openBuckets(limit, MOST_NAMES), isShared: !OWN.includes(kind) },
    ]),
  )
  const lookUp = (one: string) => {
    const found = kinds.get(one.slice(0, one.indexOf(':')))
    if (!found) throw new Error(`There is no throttle for ${one}.`)
    // Callers choose names, so a long one must not cost more memory than a short one.
    return { ...found, name: one.length > LONGEST_NAME ? digest(one) : one }
  }
  const share = async (failed: readonly ReturnType<typeof lookUp>[], now: number) => {
    const failures = failed.map(({ name, limit: { tries, seconds } }) => {
      return { name, seconds: seconds / tries }
    })
    // While the store does not answer, each server counts for itself.
    const ends = await store.countFailures?.(failures, now).catch(() => [])
    for (const [at, end] of (ends ?? []).entries()) {
      const { buckets, name = '' } = failed[at] ?? {}
      buckets?.raise(name, now, end)
    }
  }
  return {
    take(who) {
      const now = clock.now()
      const found = who.map(lookUp)
      const waits = found.flatMap(({ buckets, name }) => buckets.wait(name, now) ?? [])
      if (waits.length > 0) return Math.max(...waits)
      for (const { buckets, name } of found) buckets.add(name, now)
      return undefined
    },
    giveBack(who) {
      const now = clock.now()
      for (const { buckets, name } of who.map(lookUp)) buckets.remove(name, now)
    },
    keep(who) {
      if (!store.countFailures) return undefined
      const now = clock.now()
      const failed = who.map(lookUp).filter(({ isShared, limit, buckets, name }) => {
        return isShared && buckets.level(name, now) >= limit.tries * UNSHARED
      })
      return failed.length > 0 ? share(failed, now) : undefined
    },
  }
}

/**
 * The network of an address, for the throttle: an IPv4 address itself, however it is written, and
 * the /64 of an IPv6 address, of which one caller has 2^64 addresses.
 */
export function network(address: string): string {
  if (isIP(address) === 4) return address
  const plain = address.replace(/%.*$/, '').replace(/^\[(.*)\]$/, '$1')
  if (isIP(plain) === 4) return plain
  if (isIP(plain) === 0) return 'unknown'
  const groups = groupsOf(plain)
  const mapped = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff'
  if (!mapped) return `${groups.slice(0, 4).join(':')}::/64`
  const bytes = groups.slice(6).flatMap((group) => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 255]
  })
  return bytes.join('.')
}

// The URL reader brings every spelling of an IPv6 address to one, with at most one `::`.
function groupsOf(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const left = head.split(':').filter((group) => group !== '')
  if (tail === undefined) return left
  const right = tail.split(':').filter((group) => group !== '')
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
}

function digest(text: string): string {
  return Buffer.from(nodeCrypto.sha256(text)).toString('base64url')
}
