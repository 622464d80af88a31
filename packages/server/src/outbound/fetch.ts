// Fetch: one JSON object from outside, within bounds, and only from an address that was checked.

import { Resolver } from 'node:dns/promises'
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { hostOf, type Reach } from './reach.ts'

/** Finds the addresses of a name; none when it has none. */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly string[]>

/** A document, its size in bytes, and for how many seconds its publisher says that it is good. */
export type Fetched = { document: object; size: number; maxAgeSeconds: number | undefined }

/** Thrown when a document is not to be had from there; the message is for the log. */
export class Unfetched extends Error {}

const MOST_BYTES = 256 * 1024
const MOST_HEADER_BYTES = 16 * 1024
const DNS_TRY_MS = 1500
const JSON_TYPE = /^application\/([\w.-]+\+)?json *(;|$)/i

/**
 * Reads the JSON object at a URL. Throws `Unfetched` or whatever the network throws; never follows
 * a redirect, and goes straight there, whatever proxies the environment names.
 */
export async function fetchJson(
  reach: Reach,
  resolve: Resolve,
  text: string,
  signal: AbortSignal,
): Promise<Fetched> {
  const fault = reach.fault(text)
  if (fault !== undefined) throw new Unfetched(`the URL ${fault}`)
  const url = new URL(text)
  // A root dot would be part of the name that the certificate is for.
  if (isIP(hostOf(url)) === 0) url.hostname = hostOf(url)
  const addresses = await checkedAddresses(reach, resolve, url, signal)
  const response = await answerOf(open(url, addresses, signal))
  try {
    checkHead(response)
    const bytes = await bodyOf(response)
    const maxAgeSeconds = maxAgeOf(response.headers['cache-control'])
    return { document: objectOf(bytes), size: bytes.length, maxAgeSeconds }
  } finally {
    response.destroy()
  }
}

/** Asks DNS itself: no file of this machine, and no thread that others wait for. */
export async function resolveName(name: string, signal: AbortSignal): Promise<string[]> {
  const resolver = new Resolver({ timeout: DNS_TRY_MS, tries: 2 })
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  signal.removeEventListener('abort', cancel)
  return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
}

// One address that is not public is reason enough: the next look-up might give that one alone.
async function checkedAddresses(
  reach: Reach,
  resolve: Resolve,
  url: URL,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const host = hostOf(url)
  const addresses = isIP(host) === 0 ? await resolve(host, signal) : [host]
  signal.throwIfAborted()
  if (addresses.length === 0) throw new Unfetched('the name has no address')
  const closed = addresses.find((address) => !reach.isOpen(address, url.protocol))
  if (closed === undefined) return addresses
  throw new Unfetched(`the name leads to ${closed}, which outbound.allow does not name`)
}

// The connection is made to what was checked: the name is not looked up a second time.
function open(url: URL, addresses: readonly string[], signal: AbortSignal): ClientRequest {
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  const lookup: LookupFunction = (_, { all }, done) =>
    all ? done(null, found) : done(null, found[0]?.address ?? '', found[0]?.family)
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  return send(url, {
    // A connection of its own, so that no other fetch's address or time limit is met on it.
    agent: false,
    lookup,
    signal,
    maxHeaderSize: MOST_HEADER_BYTES,
    headers: { accept: 'application/json, application/jwk-set+json', 'user-agent': 'patois' },
  })
}

function answerOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // It stays: a fault after the answer has begun is heard by the one who reads the body.
    sent.on('error', reject)
    sent.on('response', resolve)
    sent.end()
  })
}

function checkHead({ statusCode, headers }: IncomingMessage): void {
  if (statusCode !== 200) throw new Unfetched(`the status was ${statusCode}`)
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw new Unfetched('it is not called JSON')
  // A few compressed bytes may be a great many.
  if (headers['content-encoding'] !== undefined) throw new Unfetched('it is compressed')
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    size += chunk.length
    if (size > MOST_BYTES) throw new Unfetched(`it has more than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

// The reader's own message would quote what was read.
function objectOf(bytes: Buffer): object {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {}
  throw new Unfetched('it is no JSON object')
}

function maxAgeOf(header = ''): number | undefined {
  if (/\bno-(store|cache)\b/i.test(header)) return 0
  const [, seconds] = /(?:^|[,\s])max-age="?(\d{1,9})/i.exec(header) ?? []
  return seconds === undefined ? undefined : Number(seconds)
}
