// Measures what a client makes of each shape of answer.

import { connect, Refused, Unreadable } from '@patois/client'
import type { Dialect } from '@patois/core/caller'
import { standard } from '@patois/core/dialects/standard'
import type { Script } from '../door/script.ts'
import type { Meant, Shape } from './shapes.ts'

/** What a client says that it has got; each as the client's own interface gives it. */
export type Got = { accessToken: unknown; refreshToken: unknown; expiresIn: unknown }

/** A client library: it exchanges a code at a token endpoint below `origin`. */
export type Peer = {
  name: string
  exchange: (origin: string, shape: Shape) => Promise<Got>
}

/**
 * `read`: the tokens, their end and nothing else. `refused`: an error that says the server's code.
 * `error`: an error of the library's own, without it. `silently`: no error, and something is wrong.
 * `crash`: an error of the engine, which no library throws on purpose.
 */
export type Outcome = 'read' | 'refused' | 'error' | 'silently' | 'crash'

/** Clocks tick while an answer travels. */
const TOLERANCE_SECONDS = 10

/** What the engine itself says: nobody has thought of this answer. */
const ENGINE =
  /^(Cannot (read|destructure|convert)|Unexpected |.* is not (a function|iterable|valid JSON))/

const isNear = (got: unknown, meant: number | undefined): boolean =>
  meant === undefined
    ? got === undefined || got === null
    : typeof got === 'number' && Math.abs(got - meant) <= TOLERANCE_SECONDS

const isRight = (got: Got, meant: Meant): boolean =>
  got.accessToken === meant.accessToken &&
  (got.refreshToken ?? undefined) === meant.refreshToken &&
  isNear(got.expiresIn, meant.expiresIn)

// Wherever a library puts it, as long as a program can get at it.
const codesIn = (error: unknown, depth = 0): unknown[] => {
  if (typeof error !== 'object' || error === null || depth > 3) return []
  return Object.getOwnPropertyNames(error)
    .filter((name) => name !== 'stack' && name !== 'message')
    .flatMap((name) => {
      const value = (error as Record<string, unknown>)[name]
      return [value, ...codesIn(value, depth + 1)]
    })
}

/** What a peer makes of a shape. */
export const measure = async (peer: Peer, shape: Shape, server: Script): Promise<Outcome> => {
  server.play(shape.answer())
  const { means } = shape
  try {
    const got = await peer.exchange(server.origin, shape)
    return typeof means === 'object' && 'accessToken' in means && isRight(got, means)
      ? 'read'
      : 'silently'
  } catch (error) {
    const code = typeof means === 'object' && 'refused' in means ? means.refused : undefined
    if (code !== undefined && codesIn(error).includes(code)) return 'refused'
    const isPlatform = error instanceof TypeError || error instanceof SyntaxError
    return isPlatform && ENGINE.test(error.message) ? 'crash' : 'error'
  }
}

/** What is right for a shape. */
export const isGood = ({ means }: Shape, outcome: Outcome): boolean => {
  if (means === 'failed') return outcome === 'error'
  return outcome === ('refused' in means ? 'refused' : 'read')
}

/** Our own client, in the shape's dialect. */
export const OURS: Peer = {
  name: '@patois/client',
  exchange: async (url, { dialect = standard }) => {
    const given: { dialect: Dialect; url: string; clientId: string; clientSecret: string } = {
      dialect,
      url,
      clientId: 'app',
      clientSecret: 'a secret',
    }
    const client = connect(given)
    try {
      const tokens = await client.exchange({ code: 'code-1', codeVerifier: 'v'.repeat(43) })
      const { accessToken, refreshToken, expiresAt } = tokens
      return {
        accessToken,
        refreshToken,
        expiresIn: expiresAt && expiresAt - Math.floor(Date.now() / 1000),
      }
    } catch (error) {
      const isTyped = error instanceof Refused || error instanceof Unreadable
      throw isTyped ? error : new TypeError('Cannot read it', { cause: error })
    }
  },
}
