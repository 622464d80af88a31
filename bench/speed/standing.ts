// How servers stand beside each other: the best of the peers, and the ratio of two.

import type { Wiring } from './peers/peer.ts'
import type { Keeping } from './peers.ts'
import type { MeasuredRow } from './results.ts'
import type { Summary } from './rounds.ts'

/** What one does for each second of a processor, beside another; by the clock where that is unknown. */
export function ratio(one: Summary, other: Summary): number {
  if (one.perCpuSecond === undefined || other.perCpuSecond === undefined) {
    return one.perSecond / other.perSecond
  }
  return one.perCpuSecond / other.perCpuSecond
}

/** How much longer the slowest hundredth waits than most do. */
export function spread({
  p50 = Number.NaN,
  p99 = Number.NaN,
}: Pick<Summary, 'p50' | 'p99'>): number {
  return p99 / p50
}

/** How a peer is called without what it is run on. */
export function shortName({ name }: Summary): string {
  return name.replace(/,.*/, '')
}

// Their names end so; what is no package for Node keeps its records elsewhere by its name.
function peersThat({ summaries }: MeasuredRow, keeps: Keeping, wiring: Wiring): Summary[] {
  const end = wiring === 'bare' ? `, ${keeps}, bare` : `, ${keeps}`
  return summaries.filter(({ name }) => name.endsWith(end))
}

function bestOf([first, ...others]: readonly Summary[]): Summary | undefined {
  return others.reduce((best, one) => (best && ratio(one, best) > 1 ? one : best), first)
}

/** How Patois does beside others: by the time of its processor, and by the clock. */
export type Lead = { best: Summary; ratio: number; byClock: number }

/** A row as it is judged; what took no part in it is absent. */
export type Standing = {
  row: string
  floor?: Summary
  patois?: Summary
  /** Beside the best peer for Node that is on disk when it answers, and what the floor is there. */
  durable?: Lead & { floor?: number }
  /** Beside the best that loses its records with its process, as its documentation runs it. */
  memory?: Lead
  /** Beside the best of the libraries without what their documentation puts around them. */
  bare: { durable?: Lead; memory?: Lead }
}

function leadOf(patois: Summary, peers: readonly Summary[]): Lead | undefined {
  const best = bestOf(peers)
  if (!best) return undefined
  const fastest = Math.max(...peers.map(({ perSecond }) => perSecond))
  return { best, ratio: ratio(patois, best), byClock: patois.perSecond / fastest }
}

/** How Patois stands in a row. */
export function standingOf(measured: MeasuredRow): Standing {
  const { row, summaries } = measured
  const floor = summaries.find(({ name }) => name === 'floor')
  const patois = summaries.find(({ name }) => name === 'Patois')
  if (!patois) return { row, bare: {} }
  const beside = (wiring: Wiring): { durable?: Lead; memory?: Lead } => {
    const durable = leadOf(patois, peersThat(measured, 'durable', wiring))
    const memory = leadOf(patois, peersThat(measured, 'memory', wiring))
    return { ...(durable && { durable }), ...(memory && { memory }) }
  }
  const { durable, memory } = beside('documented')
  return {
    row,
    patois,
    ...(floor && { floor }),
    ...(durable && {
      durable: { ...durable, ...(floor && { floor: ratio(floor, durable.best) }) },
    }),
    ...(memory && { memory }),
    bare: beside('bare'),
  }
}
