// Document: what somebody publishes about themselves at an address, as JSON.

import { checkSafe } from './connection.ts'
import { type CallFacts, type Heard, Unreadable } from './errors.ts'
import { type Line, send } from './send.ts'

/** How documents are fetched. */
export type DocumentOptions = {
  fetch?: typeof fetch | undefined
  signal?: AbortSignal | undefined
  /** In milliseconds; 10,000 when left out. */
  timeoutMs?: number | undefined
}

/** A line to whoever nobody is connected to yet. */
export function lineOf({ fetch: ask, timeoutMs = 10_000 }: DocumentOptions): Line {
  return {
    fetch: ask ?? ((...request) => fetch(...request)),
    now: () => Math.floor(Date.now() / 1000),
    timeoutMs,
    clock: { ahead: undefined },
  }
}

/** A document, and what an error about it has to know. */
export type Published<D> = { document: D; came: Heard; about: CallFacts }

/**
 * Fetches a document; whoever sends us elsewhere for it is not followed. Throws Unreachable, and
 * Unreadable for what is no JSON object.
 */
export async function readDocument(
  url: string,
  operation: string,
  options: DocumentOptions,
): Promise<Published<Readonly<Record<string, unknown>>>> {
  checkSafe(url)
  const headers = { accept: 'application/json' }
  const request = { method: 'GET', url, headers, body: new Uint8Array() }
  const about = { dialect: 'standard', operation, sent: { ...request, body: '' } }
  const came = await send(lineOf(options), request, { signal: options.signal }, about)
  const document = came.status === 200 ? parse(came.body) : undefined
  if (!document) throw new Unreadable(`nothing of it at ${url} (${came.status})`, came, about)
  return { document, came, about }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/**
 * The first document of several addresses that has what makes it one. Only where there is none, it
 * is worth looking elsewhere. Throws what the last address said, or the first that is down.
 */
export async function findDocument(
  addresses: readonly string[],
  member: string,
  operation: string,
  options: DocumentOptions,
): Promise<Published<Readonly<Record<string, unknown>>>> {
  let last: unknown
  for (const address of addresses) {
    try {
      const found = await readDocument(address, operation, options)
      if (Object.hasOwn(found.document, member)) return found
      last = new Unreadable(`no ${member} at ${address}`, found.came, found.about)
    } catch (error) {
      last = error
      if (!(error instanceof Unreadable) || error.meaning === 'transient') throw error
    }
  }
  throw last
}
