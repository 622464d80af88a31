// Tests of the throttles and of what a network is.

import { describe, expect, test } from 'vitest'
import { fixedClock } from './clock.ts'
import { network, openThrottle } from './throttle.ts'

const failing = (times: number, who: string[], start = 1000) => {
  const clock = fixedClock(start)
  const throttle = openThrottle({ clock })
  const waits = Array.from({ length: times }, () => throttle.take(who))
  return { clock, throttle, waits }
}

describe('failures', () => {
  test('are borne up to the limit of a client, then there is a wait', () => {
    const { waits, throttle } = failing(51, ['client:web', 'network:10.0.0.1'])
    expect(waits.slice(0, 50)).toEqual(Array(50).fill(undefined))
    expect(waits[50]).toBe(18)
    expect(throttle.take(['client:web'])).toBe(18)
    expect(throttle.take(['client:other', 'network:10.0.0.1'])).toBeUndefined()
  })

  test('leak away one by one', () => {
    const { clock, throttle } = failing(50, ['account:alice'])
    expect(throttle.take(['account:alice'])).toBe(72)
    clock.advance(71)
    expect(throttle.take(['account:alice'])).toBe(1)
    clock.advance(1)
    expect(throttle.take(['account:alice'])).toBeUndefined()
    expect(throttle.take(['account:alice'])).toBe(72)
  })

  test.each(['account', 'device'])('of one %s are 100 in any hour, at the most', (kind) => {
    const { clock, throttle } = failing(0, [])
    const borne: number[] = []
    for (let second = 0; second < 4 * 3600; second++) {
      // Whoever guesses all the time, or saves the guesses up for two hours before.
      const resting = second > 3600 && second < 3 * 3600
      for (let n = 0; n < 3 && !resting; n++)
        if (throttle.take([`${kind}:alice`]) === undefined) borne.push(second)
      clock.advance(1)
    }
    const inHour = (from: number) => borne.filter((at) => at >= from && at < from + 3600).length
    const most = Math.max(...borne.map(inHour))
    expect(most).toBeLessThanOrEqual(100)
    expect(most).toBeGreaterThan(95)
  })

  test('of one network are counted over all accounts, and the longest wait is said', () => {
    const { throttle } = failing(0, [])
    for (let n = 0; n < 300; n++) throttle.take([`account:a${n}`, 'network:10.0.0.1'])
    expect(throttle.take(['account:b', 'network:10.0.0.1'])).toBe(3)
    for (let n = 0; n < 50; n++) throttle.take(['account:alice'])
    expect(throttle.take(['account:alice', 'network:10.0.0.1'])).toBe(72)
  })

  test('that are not borne are counted nowhere', () => {
    const { throttle } = failing(300, ['network:10.0.0.1'])
    for (let n = 0; n < 100; n++) throttle.take(['account:bob', 'network:10.0.0.1'])
    const waits = Array.from({ length: 50 }, () => throttle.take(['account:bob']))
    expect(waits).toEqual(Array(50).fill(undefined))
  })

  test('that were none are given back, and no more than that', () => {
    const { clock, throttle } = failing(50, ['account:alice', 'network:10.0.0.1'])
    throttle.giveBack(['account:alice', 'network:10.0.0.1'])
    expect(throttle.take(['account:alice'])).toBeUndefined()
    expect(throttle.take(['account:alice'])).toBe(72)
    clock.advance(3600)
    throttle.giveBack(['account:alice'])
    for (let n = 0; n < 50; n++) throttle.take(['account:alice'])
    expect(throttle.take(['account:alice'])).toBe(72)
  })

  test('of names of any length are told apart', () => {
    const long = `account:${'x'.repeat(5000)}`
    const { throttle } = failing(50, [long])
    expect(throttle.take([long])).toBe(72)
    expect(throttle.take([`${long}y`])).toBeUndefined()
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
