// Reach: which URLs and addresses the server fetches from at all.

import { isIP } from 'node:net'
import { networks } from '../networks.ts'

/** What may be fetched; a URL is judged when it is registered, an address each time. */
export type Reach = {
  /** What is wrong with a URL before any name is looked up; undefined when nothing. */
  fault(url: string): string | undefined
  /** True for an address that may be connected to. */
  isOpen(address: string, protocol: string): boolean
}

// What the IANA registries of special-purpose addresses do not call global, and what clouds keep
// for themselves.
const SPECIAL_IPV4 = networks([
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8', // loopback
  '168.63.129.16', // a cloud's own services, at an address that looks public
  '169.254.0.0/16', // link local, and with it the metadata services of clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
])

// Outside it lie loopback, mapped and NAT64 addresses, unique local, link local and multicast ones.
const GLOBAL_IPV6 = networks(['2000::/3'])
const SPECIAL_IPV6 = networks([
  '2001::/23', // protocol assignments, Teredo
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: any IPv4 address
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
])

const HTTPS_PORT = 443
const FIRST_FREE_PORT = 1024
/** Services that act on what they hear before they know what speaks to them. */
const OTHER_PORTS = [
  1433, 1521, 1883, 2049, 2181, 2375, 2376, 2379, 2380, 3128, 3306, 3389, 4369, 5432, 5672, 5900,
  5984, 6379, 6380, 6443, 6667, 8086, 9042, 9092, 9100, 9200, 9300, 10250, 11211, 15672, 27017,
]

const LOCAL_NAME = /^(.*\.)?localhost$/

/**
 * Public addresses by https, and the networks of `allow`; these by http too when the issuer is
 * itself http, which it is on loopback only.
 */
export function openReach(allow: readonly string[], issuer: string): Reach {
  const named = networks(allow)
  const isOpen = (address: string, protocol: string): boolean =>
    named(address) || (protocol === 'https:' && isPublic(address))
  return {
    isOpen,
    fault(text) {
      if (!URL.canParse(text)) return 'must be an absolute URL'
      const url = new URL(text)
      const plain = url.protocol === 'http:' && issuer.startsWith('http:')
      if (url.protocol !== 'https:' && !plain) return 'must be https'
      if (url.username !== '' || url.password !== '') return 'must have no user name'
      if (!isPortOpen(url)) return `must not have the port ${url.port || 80}`
      const address = addressOf(url)
      if (address === undefined || isOpen(address, url.protocol)) return undefined
      return 'must not lead into a network that is not public, unless outbound.allow names it'
    },
  }
}

/** The host of a URL as it is looked up: without the brackets of IPv6 and the dot of the root. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

// Where a URL leads, as far as it says so itself.
function addressOf(url: URL): string | undefined {
  const host = hostOf(url)
  if (LOCAL_NAME.test(host)) return '127.0.0.1'
  return isIP(host) === 0 ? undefined : host
}

function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !SPECIAL_IPV4(address)
  return GLOBAL_IPV6(address) && !SPECIAL_IPV6(address)
}

function isPortOpen({ port, protocol }: URL): boolean {
  const number = port === '' ? (protocol === 'https:' ? HTTPS_PORT : 80) : Number(port)
  if (number === HTTPS_PORT) return true
  return number >= FIRST_FREE_PORT && !OTHER_PORTS.includes(number)
}
