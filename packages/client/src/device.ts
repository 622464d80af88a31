// Device: signs in where there is no browser, with a short code that is typed elsewhere (RFC 8628).

import type { Operation } from '@patois/core/caller'
import { call } from './call.ts'
import type { Connection } from './connection.ts'
import { type Discovered, placed, proofReads } from './discover.ts'
import { Refused, Unreachable, Unreadable } from './errors.ts'
import { callToken, ownFields } from './operations.ts'
import { fieldsOf, sentOf } from './request.ts'
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
  { connection }: { readonly connection: Connection<Discovered['dialect']> },
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
  const { facts, status } = await call(connection, named, fields)
  const { device_code, user_code, uri, complete, expires_at, interval } = facts
  const isSound = [device_code, user_code, uri].every((one) => typeof one === 'string')
  if (!isSound || !Number.isFinite(expires_at)) {
    const sent = sentOf(connection, operation, fields, {})
    const about = { dialect: dialect.name, operation: named.name, sent }
    throw new Unreadable('no codes', { status, headers: {}, body: '' }, about)
  }
  const seconds = typeof interval === 'number' ? interval : USUAL_INTERVAL
  return {
    userCode: String(user_code),
    verificationUri: String(uri),
    ...(typeof complete === 'string' && { verificationUriComplete: complete }),
    expiresAt: Number(expires_at),
    tokens: (signal) => poll(connection, String(device_code), seconds, signal),
  }
}

async function poll(
  connection: Connection,
  deviceCode: string,
  interval: number,
  signal?: AbortSignal,
): Promise<Tokens> {
  let seconds = interval
  for (;;) {
    await pause(seconds * 1000, signal)
    try {
      const options = { fields: { device_code: deviceCode }, ...(signal && { signal }) }
      return await callToken(connection, GRANT, {}, options)
    } catch (error) {
      const code = error instanceof Refused ? error.code : undefined
      // RFC 8628 §3.5: whoever asks too often, or gets no answer, asks less often from then on.
      if (code === 'slow_down' || error instanceof Unreachable) seconds += USUAL_INTERVAL
      else if (code !== 'authorization_pending') throw error
    }
  }
}
