// Throttles: counts failures by client, account and network, and says how long to wait.

import { isIP } from 'node:net'
import type { Throttle } from '@patois/core'
import type { Clock } from './clock.ts'
import { nodeCrypto } from './crypto.ts'

/** How many failures within how many seconds are borne. */
type Limit = { failures: number; seconds: number }

type Count = { failures: number; endsAt: number }

/** The limit of each kind of name; a name is `kind:value`. */
const LIMITS: Readonly<Record<string, Limit>> = {
  client: { failures: 50, seconds: 15 * 60 },
  account: { failures: 100, seconds: 60 * 60 },
  network: { failures: 300, seconds: 15 * 60 },
}

/** So many names of each kind are remembered; beyond, those that failed longest ago are not. */
const MOST_NAMES = 50_000
const LONGEST_NAME = 128

/**
 * Counts in memory, by our own clock: one counter a name from its first failure to the end of its
 * window. Throws for a kind that has no limit.
 */
export function openThrottle({ clock }: { clock: Clock }): Throttle {
  const counts = new Map(Object.keys(LIMITS).map((kind) => [kind, new Map<string, Count>()]))
  const lookUp = (who: string) => {
    const kind = who.slice(0, who.indexOf(':'))
    const limit = LIMITS[kind]
    const named = counts.get(kind)
    if (!limit || !named) throw new Error(`There is no throttle for ${kind}.`)
    // Callers choose names, so a long one must not cost more memory than a short one.
    const name = who.length > LONGEST_NAME ? digest(who) : who
    return { limit, named, name, count: named.get(name) }
  }
  return {
    failed(who) {
      const now = clock.now()
      const waits = who.map((one) => {
        const { limit, named, name, count } = lookUp(one)
        const next =
          count && count.endsAt > now
            ? { ...count, failures: count.failures + 1 }
            : { failures: 1, endsAt: now + limit.seconds }
        keep(named, name, next)
        return waitOf(next, limit, now)
      })
      return longest(waits)
    },
    waiting(who) {
      const now = clock.now()
      return longest(
        who.map((one) => {
          const { limit, count } = lookUp(one)
          return count ? waitOf(count, limit, now) : undefined
        }),
      )
    },
  }
}

/**
 * The network of an address, for the throttle: an IPv4 address itself, however it is written, and
 * the /64 of an IPv6 address, of which one caller has 2^64 addresses.
 */
export function network(address: string): string {
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

// A map keeps the order of insertion: the first is the one that failed longest ago.
function keep(named: Map<string, Count>, name: string, count: Count): void {
  named.delete(name)
  named.set(name, count)
  if (named.size <= MOST_NAMES) return
  const [oldest] = named.keys()
  if (oldest !== undefined) named.delete(oldest)
}

function waitOf(count: Count, limit: Limit, now: number): number | undefined {
  return count.failures > limit.failures && count.endsAt > now ? count.endsAt - now : undefined
}

function longest(waits: readonly (number | undefined)[]): number | undefined {
  const numbers = waits.filter((wait) => wait !== undefined)
  return numbers.length > 0 ? Math.max(...numbers) : undefined
}

function digest(text: string): string {
  return Buffer.from(nodeCrypto.sha256(text)).toString('base64url')
}
