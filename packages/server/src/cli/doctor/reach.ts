// Reach: one request to the issuer as callers make it, and what keeps it from being answered.

import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { type Finding, fault, good, warning } from './finding.ts'

const WITHIN_MS = 5000
const DAY_MS = 86_400_000
const SOON_DAYS = 14

/** By what Node calls it: what is wrong, and what to do. */
const REASONS: Readonly<Record<string, readonly [says: string, fix: string]>> = {
  ENOTFOUND: ['its name leads nowhere', 'make a DNS record for it, or correct issuer'],
  EAI_AGAIN: ['nobody answers what its name leads to', 'see that this machine can ask DNS'],
  ECONNREFUSED: ['nobody listens there', 'start the server and the proxy in front of it'],
  ECONNRESET: ['the connection is cut off', 'see what the proxy logs'],
  ETIMEDOUT: ['nobody answers', 'see that no firewall is between'],
  EPROTO: ['what answers there speaks no TLS', 'let TLS end in the proxy at that port'],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    'what answers there speaks no TLS',
    'let TLS end in the proxy at that port',
  ],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: [
    'what answers there speaks no TLS',
    'let TLS end in the proxy at that port',
  ],
  CERT_HAS_EXPIRED: ['its certificate is over', 'renew it, and let the proxy load it'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'its certificate is for another name',
    'get one for the host of the issuer',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'its certificate is signed by nobody else',
    'get one of a public authority, or start the doctor with NODE_EXTRA_CA_CERTS',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'its authority is unknown here',
    'start the doctor with NODE_EXTRA_CA_CERTS, or get a certificate of a public authority',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'its certificate comes without those between',
    'let the proxy send the whole chain',
  ],
}
const LATE = [
  'it does not answer within 5 seconds',
  'see what the server and the proxy log',
] as const

/** An answer, or what came instead. */
export type Reached = { response: Response; text: string } | { finding: Finding }

/** Asks for a URL; it follows no redirect. */
export async function reach(
  about: string,
  url: string,
  headers: Record<string, string> = {},
): Promise<Reached> {
  try {
    const signal = AbortSignal.timeout(WITHIN_MS)
    const response = await fetch(url, { headers, redirect: 'manual', signal })
    return { response, text: await response.text() }
  } catch (error) {
    const { name, cause = error } = error as Error
    const { code = '' } = cause as NodeJS.ErrnoException
    const [says, fix] =
      name === 'TimeoutError' ? LATE : (REASONS[code] ?? [`it is not reached: ${code}`, LATE[1]])
    return { finding: fault(about, `${url}: ${says}`, fix) }
  }
}

/** How long the certificate of an https issuer is good. */
export async function checkCertificate(issuer: string): Promise<Finding[]> {
  const { protocol, hostname, port } = new URL(issuer)
  if (protocol !== 'https:') return []
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const named = isIP(host) === 0 ? { servername: host } : {}
  const socket = connect({ host, port: Number(port || 443), ...named })
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(WITHIN_MS) })
    const until = Date.parse(socket.getPeerCertificate().valid_to)
    const days = Math.floor((until - Date.now()) / DAY_MS)
    const says = `it is good for ${days} days`
    if (days >= SOON_DAYS) return [good('certificate', says)]
    return [warning('certificate', says, 'renew it, and see why that does not happen by itself')]
  } catch {
    // The request before it has said what is wrong.
    return []
  } finally {
    socket.destroy()
  }
}
