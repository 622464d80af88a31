// Documents: what was fetched from outside, kept for a while; the only way to fetch anything.

import { type Documents, Unavailable } from '@patois/core'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type Meter, measureQueue, UNREAD } from '../metrics/meter.ts'
import { untraced, type Within } from '../traces.ts'
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
  meter?: Meter
  within?: Within
}

/** What is known of one URL; without a document none was ever read. Times in seconds. */
type Kept = { fetched?: Fetched; readAt: number; freshUntil: number; triedAt: number }

const WITHIN_MS = 5000
const AT_ONCE_PER_HOST = 4
/** So many may wait for a lane of one host, so that a slow one takes no room of the others. */
const MOST_PER_HOST = 200
/** URLs that are being fetched or wait for a lane; each of them takes a few kilobytes. */
const MOST_UNDER_WAY = 1000
/** No URL is asked more often than this, whoever wants it and whatever came of it; seconds. */
const PAUSE = 30
const SHORTEST_LIFE = 60
const USUAL_LIFE = 5 * 60
/** Also how long a document outlives a publisher that cannot be reached; seconds. */
const LONGEST_LIFE = 60 * 60
const MOST_KEPT_BYTES = 32 * 1024 * 1024
const LEAST_COST_BYTES = 2048

/**
 * Opens the documents: at most one fetch of a URL and four of a host are under way at once. When
 * too many wait for that host, or for all, whoever needs one more hears `Unavailable`.
 */
export function openDocuments(parts: DocumentParts): Documents {
  const { clock, meter = UNREAD, within = untraced } = parts
  const shelf = openShelf()
  const lanes = openLanes(AT_ONCE_PER_HOST)
  const underWay = new Map<string, Promise<object | undefined>>()
  const full = measureQueue(meter, 'documents', MOST_UNDER_WAY, () => underWay.size)
  const note = openNote(meter)

  const fetchNow = async (url: string): Promise<object | undefined> => {
    // Waiting for a lane counts: nobody is kept longer than one fetch may take.
    const signal = AbortSignal.timeout(parts.withinMs ?? WITHIN_MS)
    const from = performance.now()
    const resolve = parts.resolve ?? resolveName
    const fetched = await lanes
      .run(hostIn(url), async () => {
        signal.throwIfAborted()
        return fetchJson(parts.reach, resolve, url, signal)
      })
      .catch((error: unknown) => tellFault(parts.log, url, error))
    note(from, fetched)
    const kept = keptAfter(fetched, shelf.get(url), clock.now())
    shelf.put(url, kept)
    return usable(kept, clock.now())
  }

  const ask = (url: string): Promise<object | undefined> => {
    const known = underWay.get(url)
    if (known) return known
    const isFull = lanes.waiting(hostIn(url)) >= MOST_PER_HOST
    if (isFull || underWay.size >= MOST_UNDER_WAY) {
      full.value++
      throw new Unavailable('Too many documents are being fetched.')
    }
    const work = () => fetchNow(url)
    const asked = within('document fetch', work, { 'server.address': hostIn(url) }).finally(() =>
      underWay.delete(url),
    )
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

function openNote(meter: Meter): (from: number, fetched: Fetched | undefined) => void {
  const seconds = meter.spread('patois_document_fetch_duration_seconds')
  const ok = meter.count('patois_document_fetches_total', 'ok')
  const failed = meter.count('patois_document_fetches_total', 'failed')
  return (from, fetched) => {
    seconds.observe((performance.now() - from) / 1000)
    const outcome = fetched ? ok : failed
    outcome.value++
  }
}

function hostIn(url: string): string {
  return URL.canParse(url) ? hostOf(new URL(url)) : ''
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
