// What the providers' SDKs were answered when they were recorded, and what our client hears in it.

import { readFileSync } from 'node:fs'
import { connect, type Tokens } from '@patois/client'
import { apimatic } from '@patois/core/dialects/apimatic'
import { bolt } from '@patois/core/dialects/bolt'
import { cal } from '@patois/core/dialects/cal'
import { ultracart } from '@patois/core/dialects/ultracart'
import { describe, expect, test } from 'vitest'

type Recorded = {
  dialect: string
  call: string
  status: number
  headers: Record<string, string>
  body: string
  /** The tokens that are in it, what was said, or the error with its code. */
  heard: string
}

const FILE = new URL('./recordings/answers.json', import.meta.url)
const ANSWERS = JSON.parse(readFileSync(FILE, 'utf8')) as Recorded[]
const DIALECTS = { apimatic, bolt, cal, ultracart }
const NOW = 1_800_000_000

/** Everything that any of the calls needs. */
const PARAMS: Record<string, Record<string, string>> = {
  clientCredentials: {},
  exchange: { code: 'c', scope: 'openid' },
  refresh: { refreshToken: 'r', scope: 'openid' },
  authorize: { redirectUri: 'https://app.test/cb' },
  revoke: { token: 't' },
}

const isTokens = (value: object): value is Tokens => 'accessToken' in value

/** One line that says all of what came out. */
const said = (value: object): string => {
  if (!isTokens(value)) return JSON.stringify(value)
  const { accessToken, refreshToken = '-', expiresAt = NOW, scope } = value
  return [accessToken, refreshToken, expiresAt - NOW, scope.join('+') || '-'].join(' ')
}

const hear = async ({ dialect, call, status, headers, body }: Recorded): Promise<string> => {
  const client = connect({
    dialect: DIALECTS[dialect as keyof typeof DIALECTS],
    url: 'https://provider.test',
    clientId: 'cid',
    clientSecret: 'secret',
    now: () => NOW,
    fetch: async () => new Response(status === 204 ? null : body, { status, headers }),
  })
  const calls = client as unknown as Record<string, (params: object) => Promise<object>>
  try {
    return said((await calls[call]?.(PARAMS[call] ?? {})) ?? {})
  } catch (error) {
    const { name, code = '', meaning } = error as { name: string; code?: string; meaning: string }
    return [name, code, meaning].filter((one) => one !== '').join(' ')
  }
}

describe.each(Object.keys(DIALECTS))('an answer that was recorded for %s', (name) => {
  const own = ANSWERS.filter(({ dialect }) => dialect === name)
  test.each(own.map((one, index) => [index, one.call, one.status, one] as const))(
    '%i, %s, %i',
    async (_, __, ___, one) => {
      expect(await hear(one), one.body).toBe(one.heard)
    },
  )

  test('without a token is never taken for tokens', async () => {
    const tokenless = own.filter(
      ({ body, call }) => call !== 'revoke' && !/access_?token"/i.test(body),
    )
    for (const one of tokenless.filter(({ call }) => call !== 'authorize')) {
      expect(await hear(one), one.body).toMatch(/^(Refused|Unreadable) /)
    }
  })
})
