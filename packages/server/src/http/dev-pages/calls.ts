// Calls: the journal's entries as arrows between a browser, a client, the server and a resource.

import { REASONS } from '@patois/core'
import type { JournalEntry, JournalHeaders } from '../../emulator/journal.ts'
import type { Arrow, CallView, Lane } from '../../pages/dev/call.ts'
import type { DevSite } from '../site.ts'
import { whyUri } from '../why.ts'
import { rawLines } from './marked.ts'

/** An entry as it is drawn and read. */
export function callOf(site: DevSite, entry: JournalEntry): CallView {
  const { seq, at, took_ms, dialect, operation, client, user, fault, lineage = [] } = entry
  const isRefused = Object.hasOwn(REASONS, entry.reason)
  const { grant_type: grant } = entry
  return {
    seq,
    at: new Date(at * 1000).toISOString().slice(11, 19),
    arrows: arrowsOf(site, entry),
    isRefused: isRefused || (entry.answer?.status ?? 400) >= 400,
    families: [...new Set(lineage.flatMap(({ family = [] }) => family))],
    facts: {
      dialect,
      operation,
      grant,
      client,
      user,
      reason: entry.reason,
      fault,
      took: `${took_ms} ms`,
    },
    ...(isRefused && { why: whyUri(site.parts.issuer, entry.reason, entry.id) }),
    lineage,
    request: rawLines(`${entry.request.method} ${entry.request.url}`, told(entry.request)),
    answer: entry.answer && rawLines(entry.answer.status, told(entry.answer)),
  }
}

function told({ headers, body }: { headers: JournalHeaders; body: string }) {
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value] as const),
  )
  return { lines, body }
}

function arrowsOf(site: DevSite, entry: JournalEntry): Arrow[] {
  const { operation, grant_type, request, answer, reason } = entry
  const [from, to] = lanesOf(entry)
  const [path = ''] = request.url.split('?')
  const asked = { from, to, label: grant_type ?? operation, note: `${request.method} ${path}` }
  if (!answer) return [asked, { from: to, to: from, label: 'lost', note: reason, isAnswer: true }]
  const said = { from: to, to: from, label: String(answer.status), isAnswer: true }
  const back = { ...said, ...(reason !== 'ok' && { note: reason }) }
  const brought = from === 'browser' ? broughtBy(site, answer.headers.location) : undefined
  return brought ? [asked, back, { from: 'browser', to: 'client', label: brought }] : [asked, back]
}

// Userinfo is a resource (OIDC Core §5.3), and whoever introspects guards one.
function lanesOf({ from, operation }: JournalEntry): readonly [Lane, Lane] {
  if (from === 'browser') return ['browser', 'server']
  if (operation === 'userinfo') return ['client', 'resource']
  return [operation === 'introspect' ? 'resource' : 'client', 'server']
}

/** What a redirect makes the browser bring to a client; undefined when it leads to us. */
function broughtBy(site: DevSite, location: unknown): string | undefined {
  if (typeof location !== 'string' || location === '') return undefined
  const url = new URL(location, site.origin)
  const isOurs = url.origin === site.origin && url.pathname !== `${site.base}/dev/callback`
  if (isOurs) return undefined
  return [...url.searchParams.keys()].find((name) => name !== 'state' && name !== 'iss')
}
