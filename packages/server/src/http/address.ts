// The address of a caller: the peer's, or what proxies that are trusted say of it.

import { isIP } from 'node:net'
import { networks } from '../networks.ts'

/** Gives the caller's address from the peer's and the X-Forwarded-For header. */
export type ClientAddress = (peer: string, forwardedFor: string | undefined) => string

/** An IPv4 address in IPv6 form, as URLs spell it. */
const MAPPED = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/
/** Some proxies forward the port as well, and then an IPv6 address has brackets. */
const WITH_PORT = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/

/** An IPv4 address that came through an IPv6 socket, as IPv4, however it was spelled. */
function plain(address: string): string {
  // Reading it as a URL costs 2 µs, and what callers are mostly called by needs none.
  if (!address.includes(':')) return address
  const [, high, low] = MAPPED.exec(URL.parse(`http://[${address}]`)?.hostname ?? '') ?? []
  if (high === undefined || low === undefined) return address
  const bytes = [high, low].flatMap((part) => [Number(`0x${part}`) >> 8, Number(`0x${part}`) & 255])
  return bytes.join('.')
}

function addressIn(hop: string): string {
  const [, six, four] = WITH_PORT.exec(hop) ?? []
  return plain(six ?? four ?? hop)
}

/** True for the address of a proxy that is trusted. */
export type IsTrusted = (address: string) => boolean

/** Trusts the networks (CIDR) only. */
export function trust(trustedProxies: readonly string[]): IsTrusted {
  const trusted = networks(trustedProxies)
  return (address) => trusted(plain(address))
}

/** Believes trusted proxies only; without any, the header counts for nothing. */
export function clientAddress(isTrusted: IsTrusted): ClientAddress {
  return (peer, forwardedFor) => {
    let address = plain(peer)
    const hops = (forwardedFor ?? '').split(',')
    // From the nearest hop outwards: the first one that no trusted proxy vouches for is the caller.
    while (isTrusted(address)) {
      const before = addressIn(hops.pop()?.trim() ?? '')
      // What is no address vouches for nobody: the last one that is counts.
      if (isIP(before) === 0) break
      address = before
    }
    return address
  }
}
