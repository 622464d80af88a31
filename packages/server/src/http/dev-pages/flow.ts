// Flow: the live diagram of what is asked and answered, with the clock and the faults beside it.

import type { Answer } from '@patois/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { JournalFilter } from '../../emulator/journal.ts'
import { callsPiece, type FaultView, faultsPiece, flowPage } from '../../pages/dev/flow.ts'
import { devWords } from '../../pages/words/dev/index.ts'
import { chooseWords } from '../../pages/words/index.ts'
import type { DevSite } from '../site.ts'
import { lead, show, type Visit } from '../visit.ts'
import { callOf } from './calls.ts'
import { FAULT_SAMPLES } from './fault-samples.ts'
import { mermaid } from './mermaid.ts'

/** So many calls are drawn at once. */
const MOST = 200
const FILTERS = ['operation', 'client', 'dialect'] as const

type Query = Readonly<Record<string, string | undefined>>

/** Shows the diagram; `clear` in the query begins it anew. */
export async function visitFlow(site: DevSite, visit: Visit): Promise<Answer> {
  const query = visit.request.query as Query
  const { journal, clock, faults } = site.emulator
  const filter = filterOf(site, query)
  const latest = journal.last()?.seq ?? 0
  const kept = new URLSearchParams(said(filter))
  if (query.clear !== undefined) {
    kept.set('after', String(latest))
    return lead(`${site.base}/dev?${kept}`)
  }
  const entries = journal.entries(filter)
  const all = journal.entries()
  const choices = FILTERS.map((name) => ({
    name,
    chosen: filter[name] ?? '',
    values: [...new Set(all.flatMap((entry) => entry[name] ?? []))].sort(),
  }))
  const view = {
    base: site.base,
    query: kept.toString(),
    latest,
    choices,
    after: filter.after ?? 0,
    isShortened: entries.length > MOST,
    calls: entries.slice(-MOST).map((entry) => callOf(site, entry)),
    clock: clock.read(),
    consent: site.emulator.consent,
    faults: faults.list().map(faultOf),
    samples: FAULT_SAMPLES,
    dialects: [...new Set(site.stations.map(({ mount }) => mount.dialect.name))],
    operations: [...new Set(site.stations.map(({ operation }) => operation.does))],
  }
  return show(flowPage(view, visit.words, devWords(visit.words)), { scripts: true })
}

// An address that was kept from a server before this one may begin after all that there is.
function filterOf({ emulator }: DevSite, query: Query): JournalFilter {
  const { operation, client, dialect } = query
  const after = Number(query.after ?? 0) || 0
  const latest = emulator.journal.last()?.seq ?? 0
  const given = { operation, client, dialect }
  const chosen = Object.entries(given).filter(([, value]) => value)
  return { ...Object.fromEntries(chosen), after: after > latest ? 0 : after }
}

function said(filter: JournalFilter): Record<string, string> {
  const entries = Object.entries(filter).filter(([, value]) => value)
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
}

function faultOf({ id, where, times, hits, fault }: FaultOf): FaultView {
  const { kind, ...members } = fault
  return {
    id,
    where: Object.values(where).join(' · '),
    times,
    hits,
    kind,
    members: Object.keys(members).length > 0 ? JSON.stringify(members) : '',
  }
}

type FaultOf = ReturnType<DevSite['emulator']['faults']['list']>[number]

/** The pieces of the page that its script asks for anew, and the diagram's text. */
export function sendPiece(
  site: DevSite,
  piece: 'calls' | 'faults' | 'mermaid',
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const words = devWords(chooseWords(undefined, request.headers['accept-language']))
  const entries = site.emulator.journal.entries(filterOf(site, request.query as Query))
  const calls = () => entries.slice(-MOST).map((entry) => callOf(site, entry))
  reply.header('cache-control', 'no-store').type('text/html; charset=utf-8')
  if (piece === 'calls') return reply.send(callsPiece(calls(), words))
  if (piece === 'faults') {
    return reply.send(faultsPiece(site.emulator.faults.list().map(faultOf), words))
  }
  return reply.type('text/plain; charset=utf-8').send(mermaid(calls()))
}
