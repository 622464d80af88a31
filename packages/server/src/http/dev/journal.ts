// Journal: the requests so far, and as they come, over HTTP.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { EmulatorFault } from '../../emulator/fault.ts'
import { fits, type JournalEntry, type JournalFilter } from '../../emulator/journal.ts'
import type { DevSite } from '../site.ts'
import { foreign } from './local.ts'
import { type Asked, type DevRoute, sendJson } from './route.ts'

const FILTERS = ['operation', 'client', 'dialect', 'after'] as const

/** Reading and emptying the journal. */
export const journalRoutes: readonly DevRoute[] = [
  {
    method: 'GET',
    path: '/journal',
    says: 'The latest requests and answers, secrets masked',
    query: FILTERS,
    answers: { entries: { type: 'array', items: { type: 'object' } } },
    handle: ({ emulator }, { query }) => {
      const filter = checkedFilter(query)
      const { operation } = filter
      const { journal } = emulator
      if (operation === undefined) return { entries: journal.entries(filter) }
      return { entries: journal.calls(operation, filter) }
    },
  },
  {
    method: 'DELETE',
    path: '/journal',
    says: 'Forget the requests so far',
    answers: {},
    handle: ({ emulator }) => {
      emulator.journal.clear()
      return {}
    },
  },
]

// What fits nothing would look like a server that nobody called.
function checkedFilter(query: Asked['query']): JournalFilter {
  for (const name of Object.keys(query)) {
    if (!FILTERS.includes(name as 'after'))
      throw new EmulatorFault(
        `${name}: is no filter of the journal, which has ${FILTERS.join(', ')}`,
      )
  }
  if (query.after !== undefined && !/^\d+$/.test(query.after))
    throw new EmulatorFault('after: must be the number of an entry')
  return filterOf(query)
}

function filterOf({ operation, client, dialect, after }: Asked['query']): JournalFilter {
  return { operation, client, dialect, after: Number(after ?? 0) || 0 }
}

/** Milliseconds until a browser asks again when the stream was cut. */
const RETRY_MS = 500
/** A comment now and then shows what stands between that somebody is there. */
const BEAT_MS = 15_000

/** Adds the journal as server-sent events, one entry each, numbered for Last-Event-ID. */
export function addJournalStream(app: FastifyInstance, site: DevSite): void {
  const open = new Set<() => void>()
  app.addHook('preClose', async () => {
    for (const end of open) end()
  })
  const handler = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const why = foreign(site, request)
    if (why !== undefined) return sendJson(reply, 403, { error: why })
    const { journal } = site.emulator
    const filter = resumed(request, journal.last()?.seq ?? 0)
    const { raw } = reply.hijack()
    raw.writeHead(200, { ...reply.getHeaders(), ...HEADERS } as Record<string, string>)
    raw.write(`retry: ${RETRY_MS}\n\n`)
    const say = (entry: JournalEntry) => raw.write(eventOf(entry))
    for (const entry of journal.entries(filter)) say(entry)
    const deaf = journal.listen((entry) => fits(entry, filter) && say(entry))
    const beat = setInterval(() => raw.write(': here\n\n'), BEAT_MS).unref()
    const end = () => raw.end()
    open.add(end)
    raw.once('close', () => {
      open.delete(end)
      clearInterval(beat)
      deaf()
    })
    return reply
  }
  const options = { config: { stays: true }, exposeHeadRoute: false }
  app.get(`${site.base}/dev/journal/stream`, options, handler)
}

// Whoever has heard of more than there is has heard it from the server before this one.
function resumed({ headers, query }: FastifyRequest, latest: number): JournalFilter {
  const asked = query as Asked['query']
  const filter = filterOf({ ...asked, after: String(headers['last-event-id'] ?? asked.after) })
  return (filter.after ?? 0) > latest ? { ...filter, after: 0 } : filter
}

const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }

function eventOf(entry: JournalEntry): string {
  return `id: ${entry.seq}\ndata: ${JSON.stringify(entry)}\n\n`
}
