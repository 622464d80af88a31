// Proxy: tells the operator, once, when what a proxy says and the configuration do not fit.

import type { FastifyRequest } from 'fastify'
import type { Log } from '../log.ts'
import { SCHEME } from '../proof.ts'
import type { IsTrusted } from './address.ts'

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']

/** Looks at the headers of a request; they change nothing but the log. */
export type ProxyWatch = (request: FastifyRequest) => void

/** Watches for proxies that are not trusted, and for trusted ones that have another address. */
export function watchProxies(log: Log, issuer: string, isTrusted: IsTrusted): ProxyWatch {
  const own = new URL(issuer).origin
  let saidUntrusted = false
  let saidOther = false
  return ({ headers, socket }) => {
    if (saidUntrusted && saidOther) return
    // The doctor forges one, to learn who is believed.
    if (headers.authorization?.startsWith(`${SCHEME} `)) return
    if (!FORWARDED.some((name) => headers[name] !== undefined)) return
    const peer = socket.remoteAddress ?? ''
    if (!isTrusted(peer)) {
      if (saidUntrusted) return
      saidUntrusted = true
      const fault = 'forwards requests but is not in trusted_proxies'
      return log.warn({ peer }, `${peer} ${fault}: all callers behind it count as one`)
    }
    const called = calledAt(headers, own)
    if (saidOther || called === own) return
    saidOther = true
    const fault = 'A trusted proxy was called by another address than the issuer'
    log.warn({ peer, called, issuer }, `${fault}: set the issuer, or what the proxy forwards`)
  }
}

// The first of several proxies is the one that the caller knows.
function first(header: string | string[] | undefined): string | undefined {
  return header?.toString().split(',')[0]?.trim()
}

/** The origin that the proxy was called by, as far as it says; what is no address stays as it is. */
export function calledAt(headers: FastifyRequest['headers'], own: string): string {
  const { protocol, host } = new URL(own)
  const scheme = first(headers['x-forwarded-proto']) ?? protocol.replace(':', '')
  const called = `${scheme}://${first(headers['x-forwarded-host']) ?? host}`
  return URL.canParse(called) ? new URL(called).origin : called
}
