// Tests of signing in: what the throttle and the store are asked about a name.

import { expect, test } from 'vitest'
import type { Call } from './call.ts'
import type { Parts } from './parts.ts'
import { Refusal } from './refusal.ts'
import { signIn } from './sign-in.ts'

const call = {
  now: 1,
  requestId: 'r',
  network: '127.0.0.1',
  dialect: { name: 'standard' },
  operation: { does: 'token' },
  about: {},
} as Call

/** Parts that know nobody, and note what they are asked. */
const open = () => {
  const [taken, names]: [string[][], string[]] = [[], []]
  const parts = {
    throttle: { take: (who: string[]) => void taken.push(who), keep: () => {} },
    passwords: { verify: async () => false },
    store: { findUserByName: (name: string) => void names.push(name) },
  }
  return { parts: parts as unknown as Parts, taken, names }
}

test('N17: however a name is written, it is one account to the throttle and to the store', async () => {
  const { parts, taken, names } = open()
  for (const username of ['alice', 'ALICE', ' Alice\u00A0', 'ａlice']) {
    const trying = signIn(parts, { ...call }, { username, password: 'wrong' })
    await expect(trying).rejects.toThrow(Refusal)
  }
  expect(new Set(names)).toEqual(new Set(['alice']))
  const who = ['account:alice', 'network:127.0.0.1']
  expect(taken).toEqual([who, who, who, who])
})
