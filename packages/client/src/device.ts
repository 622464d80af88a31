// Device: signs in where there is no browser, with a short code that is typed elsewhere (RFC 8628).

import type { Facts, Operation } from '@patois/core/caller'
import type { standard } from '@patois/core/dialects/standard'
import { call } from './call.ts'
import type { Connection } from './connection.ts'
import { type Discovered, placed, proofReads } from './discover.ts'
import { isFailure, Refused, Unreadable } from './errors.ts'
import { callToken, ownFields } from './operations.ts'
import { fieldsOf } from './request.ts'
import { pause } from './retry.ts'
import type { Tokens } from './tokens.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const USUAL_INTERVAL = 5

/** What to show, and the wait for the person who types it. */
export type DeviceFlow = {
  userCode: string
  verificationUri: string
  verificationUriComplete?: string
  /** When the code ends, in seconds since 1970. */
  expiresAt: number
  /** Waits until the person has decided. Throws Refused when they said no or the code has ended. */
  tokens(signal?: AbortSignal): Promise<Tokens>
}

function operationOf(endpoint: string, token: Operation): Operation {
  return {
    ...placed(token, endpoint),
    reads: { ...proofReads(token), scope: 'form scope space', resource: 'form resource list' },
    answers: {
      status: 200,
      facts: {
        device_code: 'json device_code',
        user_code: 'json user_code',
        uri: 'json verification_uri',
        complete: 'json verification_uri_complete',
        expires_at: 'json expires_in seconds',
        interval: 'json interval',
      },
    },
  }
}

/** Starts a sign-in on another device. Throws a TypeError when the server has no such endpoint. */
export async function deviceFlow(
  { connection }: { readonly connection: Connection<typeof standard> },
  { metadata, dialect }: Pick<Discovered, 'metadata' | 'dialect'>,
  params: { scope?: string | readonly string[]; resource?: string | readonly string[] } = {},
): Promise<DeviceFlow> {
  const endpoint = metadata.device_authorization_endpoint
  if (typeof endpoint !== 'string') throw new TypeError(`${metadata.issuer} has no device flow`)
  const operation = operationOf(endpoint, dialect.operations.token)
  const { scope } = connection
  const fields = {
    ...ownFields(connection),
    ...(scope && { scope: [...scope] }),
    ...fieldsOf(params),
  }
  const named = { name: 'device_authorization', operation }
  const { facts, extra, came, about } = await call(connection, named, fields)
  const started = startedOf(facts, extra)
  if (!started) throw new Unreadable('no codes to show', came, about)
  const expiresAt = started.expiresAt - came.skewSeconds
  const { interval } = facts
  const seconds = interval === undefined ? USUAL_INTERVAL : Number(interval) || 0
  const poll = { deviceCode: started.deviceCode, seconds, expiresAt }
  const { deviceCode: _, ...shown } = started
  return { ...shown, expiresAt, tokens: (signal) => wait(connection, poll, signal) }
}

// What is shown to a person, or opened for them, must be a web address and nothing that runs.
function isWeb(uri: unknown): uri is string {
  return typeof uri === 'string' && URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol)
}

function startedOf(facts: Facts, extra: Facts) {
  const { device_code: deviceCode, user_code: userCode, expires_at: expiresAt } = facts
  // Servers older than the RFC call it a URL.
  const { uri = extra.verification_url, complete } = facts
  const isSound = typeof deviceCode === 'string' && typeof userCode === 'string'
  if (!isSound || !isWeb(uri) || typeof expiresAt !== 'number' || !Number.isFinite(expiresAt)) {
    return undefined
  }
  const more = isWeb(complete) ? { verificationUriComplete: complete } : {}
  return { deviceCode, userCode, verificationUri: uri, expiresAt, ...more }
}

type Poll = { deviceCode: string; seconds: number; expiresAt: number }

async function wait(
  connection: Connection,
  { deviceCode, seconds, expiresAt }: Poll,
  signal?: AbortSignal,
): Promise<Tokens> {
  for (let pauseSeconds = seconds; ; ) {
    await pause(pauseSeconds * 1000, signal)
    try {
      const options = { fields: { device_code: deviceCode }, signal }
      return await callToken(connection, GRANT, {}, options)
    } catch (error) {
      const isWait = error instanceof Refused && error.code === 'authorization_pending'
      if (!isFailure(error) || error.meaning !== 'transient') throw error
      if (connection.now() >= expiresAt) throw isWait ? ended(error) : error
      // RFC 8628 §3.5: whoever asks too often, or gets no answer, asks less often from then on.
      if (!isWait) pauseSeconds += USUAL_INTERVAL
    }
  }
}

// A server that goes on saying that it waits has no code left to wait for.
function ended(error: Refused): Refused {
  return new Refused({ code: 'expired_token' }, error, error)
}
