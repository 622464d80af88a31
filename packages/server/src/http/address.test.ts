// Tests of whose word about an address is believed.

import { expect, test } from 'vitest'
import { clientAddress, trust } from './address.ts'

const addressOf = clientAddress(trust(['10.0.0.0/8', '2001:db8:ff::/48']))

test.each([
  ['no header', '10.0.0.1', undefined, '10.0.0.1'],
  ['a caller', '10.0.0.1', '192.0.2.7', '192.0.2.7'],
  ['what the caller made up is left of what the proxy saw', '10.0.0.1', '1.1.1.1, 192.0.2.7'],
  ['trusted hops are passed over', '10.0.0.1', '1.1.1.1, 192.0.2.7, 10.9.9.9,10.0.0.2'],
  ['an untrusted peer is the caller', '192.0.2.7', '1.1.1.1'],
  ['a port', '10.0.0.1', '192.0.2.7:51234'],
  ['an IPv4 address in IPv6 form', '10.0.0.1', '::ffff:192.0.2.7'],
  ['a trusted peer in IPv6 form', '::ffff:10.0.0.1', '192.0.2.7'],
  ['a trusted peer in hexadecimal IPv6 form', '::ffff:a00:1', '192.0.2.7'],
  ['a trusted peer in long IPv6 form', '0:0:0:0:0:FFFF:0a00:0001', '192.0.2.7'],
  ['an IPv6 proxy', '2001:db8:ff::1', '192.0.2.7'],
  ['IPv6', '10.0.0.1', '2001:db8::1', '2001:db8::1'],
  ['IPv6 in brackets', '10.0.0.1', '[2001:db8::1]', '2001:db8::1'],
  ['IPv6 with a port', '10.0.0.1', '[2001:db8::1]:443', '2001:db8::1'],
  ['IPv6 with a zone', '10.0.0.1', 'fe80::1%eth0', 'fe80::1%eth0'],
  ['no address at all', '10.0.0.1', 'a', '10.0.0.1'],
  ['an empty header', '10.0.0.1', '', '10.0.0.1'],
  ['nothing but commas', '10.0.0.1', ',,,', '10.0.0.1'],
  ['no address behind a trusted hop', '10.0.0.1', '1.1.1.1, a, 10.0.0.2', '10.0.0.2'],
  ['unknown', '10.0.0.1', '192.0.2.7, unknown', '10.0.0.1'],
  ['an octal spelling', '10.0.0.1', '0300.0.2.7', '10.0.0.1'],
  ['an integer', '10.0.0.1', '3221225991', '10.0.0.1'],
  ['hops without end', '10.0.0.1', Array(9000).fill('10.1.1.1').join(), '10.1.1.1'],
])('%s', (_, peer, forwarded, expected = '192.0.2.7') => {
  expect(addressOf(peer, forwarded)).toBe(expected)
})

test('without trusted proxies the header counts for nothing', () => {
  expect(clientAddress(trust([]))('10.0.0.1', '192.0.2.7')).toBe('10.0.0.1')
})
