// Tests of the password hashes and their queue.

import { readdirSync, readFileSync } from 'node:fs'
import { parseOptions } from '@node-rs/argon2'
import { Unavailable } from '@patois/core'
import { expect, test, vi } from 'vitest'
import { hashPassword, isPassword, openPasswords } from './password.ts'

const checked = vi.hoisted((): string[] => [])

vi.mock(import('./password-threads.ts'), async (original) => {
  const { checkInThread } = await original()
  return {
    checkInThread: (check) => {
      checked.push(check.hash)
      return checkInThread(check)
    },
  }
})

test('a hash verifies its password and no other', async () => {
  const passwords = openPasswords()
  const hash = await hashPassword('correct horse')
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await passwords.verify(hash, 'correct horse')).toBe(true)
  expect(await passwords.verify(hash, 'correct horse ')).toBe(false)
  expect(await passwords.verify(hash, '')).toBe(false)
  expect(await isPassword(hash, 'correct horse')).toBe(true)
  expect(await isPassword(hash, 'correct hors')).toBe(false)
})

test('without a hash the same work is done, and the answer is no', async () => {
  const passwords = openPasswords()
  const hash = await hashPassword('x')
  checked.length = 0
  expect(await passwords.verify(undefined, 'x')).toBe(false)
  expect(await passwords.verify(hash, 'y')).toBe(false)
  expect(checked).toHaveLength(2)
  const [dummy = '', real = ''] = checked
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

/** How nice each thread of this process is: field 19 of what Linux tells of it. */
const nices = (): number[] =>
  readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[17])
  })

test.runIf(process.platform === 'linux')('they are checked by threads that step back', async () => {
  const passwords = openPasswords({ concurrency: 2 })
  const own = nices().filter((nice) => nice === 19).length
  await Promise.all([passwords.verify(undefined, 'x'), passwords.verify(undefined, 'y')])
  const stepBack = nices().filter((nice) => nice === 19)
  expect(stepBack.length).toBeGreaterThanOrEqual(2)
  expect(stepBack.length).toBeLessThanOrEqual(own + 2)
  expect(nices()).toContain(0)
})
