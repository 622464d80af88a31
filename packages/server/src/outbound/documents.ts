// Documents: what was fetched from outside, kept for a while; the only way to fetch anything.

import type { Documents } from '@patois/core'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type Fetched, fetchJson, type Resolve, resolveName } from './fetch.ts'
import { openLanes } from './lanes.ts'
import { hostOf, type Reach } from './reach.ts'

/** What documents are fetched with. */
export type DocumentParts = {
  reach: Reach
  clock: Clock
  log: Log
  /** DNS, if nothing else is said. */
  resolve?: Resolve
  /** How long one fetch may take with everything, 5 seconds if nothing is said. */
  withinMs?: number
}

/** What is known of one URL; without a document none was ever read. Times in seconds. */
type Kept = { fetched?: Fetched; readAt: number; freshUntil: number; triedAt: number }

const WITHIN_MS = 5000
const AT_ONCE_PER_HOST = 4
/** No URL is asked more often than this, whoever wants it and whatever came of it; seconds. */
const PAUSE = 30
const SHORTEST_LIFE = 60
const USUAL_LIFE = 5 * 60
/** Also how long a document outlives a publisher that cannot be reached; seconds. */
const LONGEST_LIFE = 60 * 60
const MOST_KEPT_BYTES = 32 * 1024 * 1024
const LEAST_COST_BYTES = 2048

/** Opens the documents: at most one fetch of a URL and four of a host are under way at once. */
export function openDocuments(parts: DocumentParts): Documents {
  const { clock } = parts
  const shelf = openShelf()
  const inLane = openLanes(AT_ONCE_PER_HOST)
  const underWay = new Map<string, Promise<object | undefined>>()

  const fetchNow = async (url: string): Promise<object | undefined> => {
    // Waiting for a lane counts: nobody is kept longer than one fetch may take.
    const signal = AbortSignal.timeout(parts.withinMs ?? WITHIN_MS)
    const host = URL.canParse(url) ? hostOf(new URL(url)) : ''
    const resolve = parts.resolve ?? resolveName
    const fetched = await inLane(host, async () => {
      signal.throwIfAborted()
      return fetchJson(parts.reach, resolve, url, signal)
    }).catch((error: unknown) => tellFault(parts.log, url, error))
    const kept = keptAfter(fetched, shelf.get(url), clock.now())
    shelf.put(url, kept)
    return usable(kept, clock.now())
  }

  const ask = (url: string): Promise<object | undefined> => {
    const known = underWay.get(url)
    if (known) return known
    const asked = fetchNow(url).finally(() => underWay.delete(url))
    underWay.set(url, asked)
    return asked
  }

  const readUnless = async (url: string, isEnough: (kept: Kept, now: number) => boolean) => {
    const kept = shelf.get(url)
    const now = clock.now()
    return kept && isEnough(kept, now) ? usable(kept, now) : ask(url)
  }

  const isRecent = ({ triedAt }: Kept, now: number): boolean => now < triedAt + PAUSE
  return {
    read: (url) => readUnless(url, (kept, now) => now < kept.freshUntil || isRecent(kept, now)),
    readAgain: (url) => readUnless(url, isRecent),
  }
}

function keptAfter(fetched: Fetched | undefined, before: Kept | undefined, now: number): Kept {
  if (!fetched) return { readAt: now, freshUntil: now, ...before, triedAt: now }
  const said = fetched.maxAgeSeconds ?? USUAL_LIFE
  const life = Math.min(Math.max(said, SHORTEST_LIFE), LONGEST_LIFE)
  return { fetched, readAt: now, freshUntil: now + life, triedAt: now }
}

function usable({ fetched, readAt }: Kept, now: number): object | undefined {
  return now < readAt + LONGEST_LIFE ? fetched?.document : undefined
}

// What a stranger answered is not repeated, nor what may stand in a query.
function tellFault(log: Log, url: string, error: unknown): undefined {
  const fault = error instanceof Error ? error.message : String(error)
  log.warn({ url: url.replace(/[?#].*$/s, ''), fault }, 'a document could not be fetched')
}

/** Bounded by bytes: what was read longest ago goes first. */
function openShelf() {
  const kept = new Map<string, Kept>()
  let bytes = 0
  const costOf = (one: Kept | undefined): number =>
    one ? LEAST_COST_BYTES + (one.fetched?.size ?? 0) : 0
  const drop = (url: string): void => {
    bytes -= costOf(kept.get(url))
    kept.delete(url)
  }
  return {
    get: (url: string): Kept | undefined => kept.get(url),
    put(url: string, one: Kept): void {
      drop(url)
      kept.set(url, one)
      bytes += costOf(one)
      for (const [oldest] of kept) {
        if (bytes <= MOST_KEPT_BYTES) return
        drop(oldest)
      }
    },
  }
}
