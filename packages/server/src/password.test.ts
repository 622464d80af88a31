// Tests of the password hashes and their queue.

import { parseOptions } from '@node-rs/argon2'
import { Unavailable } from '@patois/core'
import { expect, test, vi } from 'vitest'
import { openPasswords } from './password.ts'

const verified = vi.hoisted((): string[] => [])

vi.mock(import('@node-rs/argon2'), async (original) => {
  const argon2 = await original()
  const verify: typeof argon2.verify = (hashed, ...rest) => {
    verified.push(String(hashed))
    return argon2.verify(hashed, ...rest)
  }
  return { ...argon2, verify }
})

test('a hash verifies its password and no other', async () => {
  const passwords = openPasswords()
  const hash = await passwords.hash('correct horse')
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await passwords.verify(hash, 'correct horse')).toBe(true)
  expect(await passwords.verify(hash, 'correct horse ')).toBe(false)
  expect(await passwords.verify(hash, '')).toBe(false)
})

test('without a hash the same work is done, and the answer is no', async () => {
  const passwords = openPasswords()
  const hash = await passwords.hash('x')
  verified.length = 0
  expect(await passwords.verify(undefined, 'x')).toBe(false)
  expect(await passwords.verify(hash, 'y')).toBe(false)
  expect(verified).toHaveLength(2)
  const [dummy = '', real = ''] = verified
  expect(parseOptions(dummy)).toEqual(parseOptions(real))
})

test('what the queue cannot hold is refused at once, and the rest is served', async () => {
  const passwords = openPasswords({ concurrency: 1, queue: 2 })
  const asked = Array.from({ length: 6 }, () => passwords.verify(undefined, 'x'))
  const results = await Promise.allSettled(asked)
  expect(results.map((one) => one.status)).toEqual([
    ...Array(3).fill('fulfilled'),
    ...Array(3).fill('rejected'),
  ])
  expect(results[5]).toMatchObject({ reason: expect.any(Unavailable) })
  expect(await passwords.verify(undefined, 'x')).toBe(false)
})

test('a failure frees its place', async () => {
  const passwords = openPasswords({ concurrency: 1, queue: 0 })
  await expect(passwords.verify('no hash', 'x')).rejects.toThrow()
  expect(await passwords.verify(undefined, 'x')).toBe(false)
})
