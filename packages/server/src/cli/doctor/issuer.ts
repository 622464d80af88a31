// Issuer: what callers find at its address: this very server, its metadata, its cookies, the time.

import type { Configuration } from '../../configuration.ts'
import type { Looked } from '../../store/look.ts'
import { type Finding, fault, good, warning } from './finding.ts'
import { checkCertificate, reach } from './reach.ts'

/** What the issuer is compared with. */
export type IssuerParts = { configuration: Configuration; looked: Looked | undefined }

/** A state may be so long, and comes back in a header. */
const LONG_STATE = 8192
const GONE = [502, 503, 504]

/** Checks what stands at the address of the issuer. */
export async function checkIssuer({ configuration, looked }: IssuerParts): Promise<Finding[]> {
  const { issuer } = configuration
  const reached = await reach('issuer', `${base(issuer)}/readyz`)
  if ('finding' in reached) return [reached.finding]
  const ready = checkReady(issuer, reached.response, reached.text)
  const certificate = await checkCertificate(issuer)
  if (ready.state === 'fault') return [ready, ...certificate]
  return [
    ready,
    ...certificate,
    checkClock(reached.response, looked),
    ...(await checkMetadata(configuration)),
    ...(await checkSame(issuer, looked)),
    ...(await checkLogin(issuer)),
    await checkLong(issuer),
  ]
}

/** The issuer without a slash at its end. */
export function base(issuer: string): string {
  return issuer.replace(/\/$/, '')
}

function checkReady(issuer: string, response: Response, text: string): Finding {
  const { status, headers } = response
  const word = text.trim()
  if (status === 200 && word === 'ok') return good('issuer', `${issuer} answers and is ready`)
  if (status === 503 && headers.has('x-request-id')) {
    const says = `${issuer} answers that it is not ready: ${word}`
    return fault('issuer', says, 'see the log, and what is said above of the database and its keys')
  }
  if (GONE.includes(status)) {
    const says = `${issuer}: a proxy answers ${status}, and no server behind it`
    return fault('issuer', says, 'start the server, and let the proxy lead to where it listens')
  }
  if (status >= 300 && status < 400) {
    const says = `${issuer} leads on to ${headers.get('location')}`
    return fault('issuer', says, 'set issuer to the address that callers end at')
  }
  const says = `${issuer}/readyz answers ${status}, which is not this server`
  return fault('issuer', says, 'correct issuer, or let the proxy hand on every path below it')
}

// Callers, database and this machine: who is wrong cannot be told from two that differ.
function checkClock({ headers }: Response, looked: Looked | undefined): Finding {
  const here = Date.now() / 1000
  const there = Date.parse(headers.get('date') ?? '') / 1000
  const apart = [
    ['the issuer', there - here],
    ['the database', (looked?.postgres?.now ?? here) - here],
  ] as const
  const [name, seconds] = apart.toSorted((a, b) => Math.abs(b[1]) - Math.abs(a[1]))[0] ?? ['', 0]
  const size = Math.round(Math.abs(seconds))
  const says = `the clock of ${name} is ${size} s ${seconds < 0 ? 'behind' : 'ahead of'} this machine's`
  const fix = 'keep the clocks of all machines by NTP (chrony, systemd-timesyncd)'
  if (!Number.isFinite(seconds)) return warning('clock', 'the issuer does not say its time', fix)
  if (size > 30) return fault('clock', says, fix)
  return size > 5 ? warning('clock', says, fix) : good('clock', 'all clocks agree')
}

async function checkMetadata({ issuer, mounts }: Configuration): Promise<Finding[]> {
  const isSpoken = mounts.some(({ at, host, dialect }) => !at && !host && dialect === 'standard')
  if (!isSpoken) return []
  const url = `${base(issuer)}/.well-known/openid-configuration`
  const reached = await reach('metadata', url)
  if ('finding' in reached) return [reached.finding]
  const said = issuerIn(reached.text)
  if (said === issuer) return [good('metadata', `${url} names the same issuer`)]
  const says = `${url} answers ${reached.response.status} and names ${said ?? 'no issuer'}`
  const fix = 'every client refuses that: set issuer in the configuration of the server that runs'
  return [fault('metadata', says, fix)]
}

function issuerIn(text: string): string | undefined {
  try {
    return String((JSON.parse(text) as { issuer?: unknown }).issuer)
  } catch {
    return undefined
  }
}

// Whoever has our keys is us, or one of us.
async function checkSame(issuer: string, looked: Looked | undefined): Promise<Finding[]> {
  if (!looked || looked.keys.length === 0) return []
  const reached = await reach('keys', `${base(issuer)}/jwks`)
  if ('finding' in reached || reached.response.status !== 200) return []
  if (looked.keys.some(({ kid }) => reached.text.includes(kid))) {
    return [good('keys', 'the issuer publishes the keys of this database')]
  }
  const says = 'the issuer publishes none of the keys of this database'
  const fix = 'the server that runs uses another database: give it the same configuration'
  return [fault('keys', says, fix)]
}

async function checkLogin(issuer: string): Promise<Finding[]> {
  const reached = await reach('cookies', `${base(issuer)}/login`)
  if ('finding' in reached) return [reached.finding]
  const { headers } = reached.response
  const isHttps = issuer.startsWith('https:')
  const cookies = headers.getSetCookie().filter((one) => /^(__Host-)?patois-/.test(one))
  const wrong = cookies.find((one) => !isOurs(one, isHttps))
  const fix = 'let the proxy hand on Set-Cookie as it is'
  const found: Finding[] = []
  if (cookies.length === 0) found.push(fault('cookies', 'the login page sets none', fix))
  else if (wrong !== undefined) {
    const says = `one arrives as "${wrong.replace(/=[^;]*/, '=…')}"`
    found.push(fault('cookies', says, fix))
  } else found.push(good('cookies', 'those of the login page arrive as they were sent'))
  const isKept = !/no-store/.test(headers.get('cache-control') ?? '')
  if (isKept) {
    const says = 'the login page arrives without cache-control: no-store'
    found.push(fault('cache', says, 'let the proxy hand on Cache-Control, and cache nothing else'))
  }
  return found
}

function isOurs(cookie: string, isHttps: boolean): boolean {
  const words = cookie.split(';').map((word) => word.trim().toLowerCase())
  const has = (word: string): boolean => words.includes(word)
  const isBound = has('path=/') && has('httponly') && !/;\s*domain=/i.test(cookie)
  return isBound && (!isHttps || (cookie.startsWith('__Host-') && has('secure')))
}

async function checkLong(issuer: string): Promise<Finding> {
  const about = 'long requests'
  const state = 'x'.repeat(LONG_STATE)
  const reached = await reach(about, `${base(issuer)}/authorize?state=${state}`)
  if ('finding' in reached) return reached.finding
  const { status, headers } = reached.response
  if (headers.has('x-request-id')) return good(about, 'they reach the server')
  const says = `a proxy answers ${status} to a request with a state of 8 KiB`
  return fault(about, says, 'give it larger buffers (nginx: large_client_header_buffers)')
}
