// Redirect URIs, byte for byte.

import { describe, expect, test } from 'vitest'
import type { Client } from './records.ts'
import { chooseRedirect, isNative, isRegistered, redirectFault } from './redirect.ts'

const client = (...redirectUris: string[]): Client => ({ redirectUris }) as unknown as Client

describe('what may be registered', () => {
  test.each([
    'https://rp.test/cb',
    'https://rp.test:8443/cb?tenant=1',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:8080/cb',
    'http://[::1]/cb',
    'http://localhost:3000/cb',
    'com.example.app:/cb',
    'com.example.app://cb',
  ])('%s is fine', (uri) => {
    expect(redirectFault(uri)).toBeUndefined()
  })

  test.each([
    ['/cb', 'is not an absolute URI'],
    ['https:///cb', 'has no host, or its scheme is not in lower case'],
    ['HTTPS://rp.test/cb', 'has no host, or its scheme is not in lower case'],
    ['https://rp.test/cb#', 'has a fragment'],
    ['https://user@rp.test/cb', 'has a user name'],
    ['https://@rp.test/cb', 'has a user name'],
    ['http://rp.test/cb', 'uses http beyond loopback'],
    ['http://localhost.evil.test/cb', 'uses http beyond loopback'],
    ['http://127.0.0.1.evil.test/cb', 'uses http beyond loopback'],
    ['http://localhost@evil.test', 'has a user name'],
    ['javascript:alert(1)', 'has a scheme that is neither https nor a reversed domain name'],
    ['data:text/html,x', 'has a scheme that is neither https nor a reversed domain name'],
    ['myapp:/cb', 'has a scheme that is neither https nor a reversed domain name'],
    ['https://rp.test/cb?code=1', 'has the parameter code, which answers use'],
    ['https://rp.test/ cb', 'has spaces, control characters or letters beyond ASCII'],
    ['https://rp.test/ü', 'has spaces, control characters or letters beyond ASCII'],
    [`https://rp.test/${'x'.repeat(2048)}`, 'is longer than 2048 characters'],
  ])('%s %s', (uri, fault) => {
    expect(redirectFault(uri)).toBe(fault)
  })
})

describe('which one a request means', () => {
  test('the only one, when none is named', () => {
    expect(chooseRedirect(client('https://rp.test/cb'), undefined)).toBe('https://rp.test/cb')
  })

  test('nothing is guessed among several, or out of none', () => {
    const two = client('https://rp.test/a', 'https://rp.test/b')
    expect(() => chooseRedirect(two, undefined)).toThrow('redirect_needed')
    expect(() => chooseRedirect(client(), undefined)).toThrow('redirect_needed')
    expect(() => chooseRedirect(client(), 'https://rp.test/cb')).toThrow('redirect_mismatch')
  })

  test('loopback addresses differ in nothing but the port', () => {
    const registered = ['http://127.0.0.1/cb']
    expect(isRegistered(registered, 'http://127.0.0.1:53217/cb')).toBe(true)
    expect(isRegistered(registered, 'http://127.0.0.1:53217/other')).toBe(false)
    expect(isRegistered(registered, 'http://127.0.0.1:53217/cb?x')).toBe(false)
    expect(isRegistered(registered, 'http://127.0.0.1:1@evil.test/cb')).toBe(false)
    expect(isRegistered(registered, 'http://[::1]:53217/cb')).toBe(false)
    expect(isRegistered(registered, 'http://localhost:53217/cb')).toBe(false)
    expect(isRegistered(['http://localhost/cb'], 'http://localhost:53217/cb')).toBe(false)
    expect(isRegistered(['https://127.0.0.1/cb'], 'https://127.0.0.1:1/cb')).toBe(false)
  })

  test('loopback and private schemes are native, web addresses are not', () => {
    expect(isNative('http://127.0.0.1/cb')).toBe(true)
    expect(isNative('com.example.app:/cb')).toBe(true)
    expect(isNative('https://rp.test/cb')).toBe(false)
  })
})
