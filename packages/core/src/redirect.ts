// Redirect URIs: what may be registered, and which one a request means (RFC 8252, 9700 §4.1).

import type { Client } from './records.ts'
import { Refusal } from './refusal.ts'

const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\])(?::\d{1,5})?(\/[^#]*)?$/
const LOOPBACK_HOSTS = ['127.0.0.1', '[::1]', 'localhost']
const OWN_PARAMETERS = ['code', 'state', 'iss', 'error', 'response']
const PRINTABLE = /^[\x21-\x7e]+$/
const LONGEST = 2048

/**
 * What is wrong with a redirect URI that somebody wants to register; undefined when nothing.
 * `plain`: http will do wherever it leads.
 */
export function redirectFault(uri: string, plain = false): string | undefined {
  if (uri.length > LONGEST) return `is longer than ${LONGEST} characters`
  if (!PRINTABLE.test(uri)) return 'has spaces, control characters or letters beyond ASCII'
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  if (!url) return 'is not an absolute URI'
  if (uri.includes('#')) return 'has a fragment'
  if (uri.includes('*')) return 'has a wildcard: redirect URIs are compared byte for byte'
  if (url.username !== '' || url.password !== '' || /^[a-z]+:\/\/[^/?]*@/i.test(uri)) {
    return 'has a user name'
  }
  const own = OWN_PARAMETERS.find((name) => url.searchParams.has(name))
  if (own) return `has the parameter ${own}, which answers use`
  return schemeFault(uri, url, plain)
}

function schemeFault(uri: string, url: URL, plain: boolean): string | undefined {
  if (url.protocol === 'https:' || url.protocol === 'http:') {
    if (!/^https?:\/\/[^/?]/.test(uri)) return 'has no host, or its scheme is not in lower case'
    const loopback = plain || LOOPBACK_HOSTS.includes(url.hostname)
    return url.protocol === 'https:' || loopback ? undefined : 'uses http beyond loopback'
  }
  // RFC 8252 §7.1: a reversed domain name, which no browser gives a meaning of its own.
  if (!/^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/.test(uri)) {
    return 'has a scheme that is neither https nor a reversed domain name'
  }
  return undefined
}

/** True for the redirect URIs of installed applications, which others can listen on too. */
export function isNative(uri: string): boolean {
  return !uri.startsWith('https:') && (!uri.startsWith('http:') || loopbackHost(uri))
}

/** True where a web server listens: nothing else can take a form. */
export function takesPosts(uri: string): boolean {
  return /^https?:/.test(uri)
}

function loopbackHost(uri: string): boolean {
  return URL.canParse(uri) && LOOPBACK_HOSTS.includes(new URL(uri).hostname)
}

// RFC 8252 §7.3: on a loopback address the port is chosen by the application when it starts.
function sameButPort(registered: string, sent: string): boolean {
  const a = LOOPBACK.exec(registered)
  const b = LOOPBACK.exec(sent)
  const same = a !== null && b !== null && a[1] === b[1] && (a[2] ?? '') === (b[2] ?? '')
  // A port beyond 65535 is none.
  return same && URL.canParse(sent)
}

/** Byte for byte the same, save the port of a loopback address. */
export function isRegistered(registered: readonly string[], sent: string): boolean {
  return registered.some((one) => one === sent || sameButPort(one, sent))
}

/** The redirect URI of a request. Throws a Refusal, which must not redirect, when none fits. */
export function chooseRedirect(client: Client, sent: string | undefined): string {
  const [only, ...more] = client.redirectUris
  const rightValues = client.redirectUris
  if (sent === undefined) {
    if (only === undefined || more.length > 0) throw new Refusal('redirect_needed', { rightValues })
    return only
  }
  if (!isRegistered(rightValues, sent)) throw new Refusal('redirect_mismatch', { rightValues })
  return sent
}
