// The issuer: the one address that every token, link and redirect says (RFC 8414 §2).

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i

/** True for a host name or address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/**
 * What is wrong with an issuer; undefined when nothing. It is kept exactly as it is given. `plain`:
 * http will do wherever it is.
 */
export function issuerFault(issuer: string, plain = false): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(issuer) || !URL.canParse(issuer)) return 'must be an absolute URL'
  const url = new URL(issuer)
  if (issuer.includes('?') || issuer.includes('#')) return 'must have no query and no fragment'
  if (url.username !== '' || url.password !== '') return 'must have no user name'
  if (
    url.protocol !== 'https:' &&
    !(url.protocol === 'http:' && (plain || isLoopback(url.hostname)))
  ) {
    return 'must be https, or http on loopback'
  }
  // Callers compare issuers byte for byte, so one that URL readers would rewrite never matches.
  if (url.href === issuer || url.href === `${issuer}/`) return undefined
  return `must be written as ${url.href.replace(/\/$/, '')}`
}

/** The issuer of a server in dev mode that listens there. */
export function derivedIssuer(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
