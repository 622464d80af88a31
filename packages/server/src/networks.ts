// Networks: CIDR ranges as the configuration writes them, and whether an address lies in one.

import { BlockList, isIP } from 'node:net'

/** True for an address in one of the ranges; false for what is no address. */
export type InNetworks = (address: string) => boolean

type Lists = Readonly<Record<'ipv4' | 'ipv6', BlockList>>

/** Reads ranges and single addresses; IPv4 and IPv6 are apart, mapped addresses are IPv6. */
export function networks(ranges: readonly string[]): InNetworks {
  if (ranges.length === 0) return () => false
  let lists: Lists | undefined
  return (address) => {
    const version = isIP(address)
    if (version === 0) return false
    const family = version === 6 ? 'ipv6' : 'ipv4'
    // Most servers never ask whether an address is special; their start need not wait for it.
    lists ??= listsOf(ranges)
    return lists[family].check(address, family)
  }
}

function listsOf(ranges: readonly string[]): Lists {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    lists[family].addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family)
  }
  return lists
}
