// Tests of the throttles and of what a network is.

import { describe, expect, test } from 'vitest'
import { fixedClock } from './clock.ts'
import { network, openThrottle } from './throttle.ts'

const failing = (times: number, who: string[], start = 1000) => {
  const clock = fixedClock(start)
  const throttle = openThrottle({ clock })
  const waits = Array.from({ length: times }, () => throttle.failed(who))
  return { clock, throttle, waits }
}

describe('failures', () => {
  test('are borne up to the limit of a client, then there is a wait', () => {
    const { waits, throttle } = failing(51, ['client:web', 'network:10.0.0.1'])
    expect(waits.slice(0, 50)).toEqual(Array(50).fill(undefined))
    expect(waits[50]).toBe(900)
    expect(throttle.waiting(['client:web'])).toBe(900)
    expect(throttle.waiting(['client:other', 'network:10.0.0.1'])).toBeUndefined()
  })

  test('are forgotten when their window ends', () => {
    const { clock, throttle } = failing(101, ['account:alice'])
    clock.advance(3599)
    expect(throttle.waiting(['account:alice'])).toBe(1)
    clock.advance(1)
    expect(throttle.waiting(['account:alice'])).toBeUndefined()
    expect(throttle.failed(['account:alice'])).toBeUndefined()
  })

  test('of one network are counted over all accounts, and the longest wait is said', () => {
    const clock = fixedClock(1000)
    const throttle = openThrottle({ clock })
    for (let n = 0; n < 300; n++) throttle.failed([`account:a${n}`, 'network:10.0.0.1'])
    expect(throttle.failed(['account:b', 'network:10.0.0.1'])).toBe(900)
    for (let n = 0; n < 101; n++) throttle.failed(['account:alice'])
    expect(throttle.waiting(['account:alice', 'network:10.0.0.1'])).toBe(3600)
  })

  test('asking for the wait counts nothing', () => {
    const { throttle } = failing(50, ['client:web'])
    for (let n = 0; n < 100; n++) expect(throttle.waiting(['client:web'])).toBeUndefined()
  })

  test('of more names than are remembered push out those of long ago', () => {
    const { throttle } = failing(51, ['client:web'])
    for (let n = 0; n < 50_000; n++) throttle.failed([`client:${n}`])
    expect(throttle.waiting(['client:web'])).toBeUndefined()
  })

  test('of names of any length are told apart', () => {
    const long = `account:${'x'.repeat(5000)}`
    const { throttle } = failing(101, [long])
    expect(throttle.waiting([long])).toBe(3600)
    expect(throttle.waiting([`${long}y`])).toBeUndefined()
  })

  test('of an unknown kind are a mistake of ours', () => {
    expect(() => failing(1, ['planet:mars'])).toThrow('planet')
  })
})

describe('the network of an address', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:0207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
    ['2001:0db8:0000:0000::1', '2001:db8:0:0::/64'],
    ['[2001:db8::1]', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['not an address', 'unknown'],
    ['', 'unknown'],
  ])('%s is %s', (address, expected) => expect(network(address)).toBe(expected))
})
