// Seen: what a server makes of a request's way to it, told only to who holds its master key.

import type { FastifyRequest } from 'fastify'
import type { Configuration } from '../configuration.ts'
import { isProof } from '../proof.ts'
import type { ClientAddress, IsTrusted } from './address.ts'
import { calledAt } from './proxy.ts'

/** The way of a request, as the server saw it. */
export type Seen = {
  /** Who made the connection, and whether it is one of `trusted_proxies`. */
  peer: string
  isTrusted: boolean
  /** What the nearest proxy said, if there was one. */
  forwardedFor: string | null
  isLastTrusted: boolean
  /** Whom the throttles would count. */
  address: string
  /** The origin that the proxy was called by, as far as it says. */
  called: string
}

/** What seeing takes. */
export type SeeParts = {
  masterKeys: readonly string[]
  isTrusted: IsTrusted
  address: ClientAddress
  configuration: Pick<Configuration, 'issuer'>
}

/** Answers the function that looks at a request; undefined for everybody without a proof. */
export function openSeen({ masterKeys, isTrusted, address, configuration }: SeeParts) {
  const { origin } = new URL(configuration.issuer)
  return ({ headers, socket }: FastifyRequest): Seen | undefined => {
    if (!isProof(masterKeys, headers.authorization)) return undefined
    const forwarded = headers['x-forwarded-for']?.toString()
    const peer = socket.remoteAddress ?? ''
    return {
      peer,
      isTrusted: isTrusted(peer),
      forwardedFor: forwarded ?? null,
      isLastTrusted: isTrusted(forwarded?.split(',').at(-1)?.trim() ?? ''),
      address: address(peer, forwarded),
      called: calledAt(headers, origin),
    }
  }
}
