// The meter: plain numbers that the rooms count in, and that are read only when somebody asks.

import type { Awaitable } from '@patois/core'
import { METRICS, type Metric, type MetricName } from './table.ts'

/** A number that grows where something happens. */
export type Count = { value: number }

/** Sorts what happens by its size. */
export type Spread = { observe(value: number): void }

/** Counts metrics; the values of their labels come in the order of the table. */
export type Meter = {
  count(name: MetricName<'counter'>, ...labels: readonly string[]): Count
  spread(name: MetricName<'histogram'>, ...labels: readonly string[]): Spread
  /** `read` is asked whenever somebody looks. */
  gauge(name: MetricName<'gauge'>, read: () => Awaitable<number>, ...labels: string[]): void
}

/** One figure of a metric. */
export type Sample = {
  value: number
  labels: Record<string, string | number>
  /** Where it is not the metric's own. */
  metricName?: string
}

/** A metric with all its figures, as prom-client writes and sums them. */
export type Figures = {
  name: string
  help: string
  type: Metric['kind']
  aggregator: string
  values: Sample[]
}

/** A meter whose figures can be read. */
export type OpenMeter = Meter & { read(): Promise<Figures[]> }

type Labels = Record<string, string>
type Series = () => Awaitable<Sample[]>

/** Opens a meter that has counted nothing. */
export function openMeter(): OpenMeter {
  const known = new Map<string, Map<string, unknown>>()
  const series = new Map<string, Series[]>()
  const child = <T>(name: string, values: readonly string[], make: (labels: Labels) => T): T => {
    const children = known.get(name) ?? new Map<string, unknown>()
    known.set(name, children)
    const key = values.join('\n')
    // What stands under a name was made by the one method that takes the name.
    const kept = (children.get(key) as T | undefined) ?? make(labelsOf(name, values))
    children.set(key, kept)
    return kept
  }
  const add = (name: string, read: Series): void => {
    series.set(name, [...(series.get(name) ?? []), read])
  }
  return {
    count: (name, ...values) =>
      child(name, values, (labels) => {
        const count = { value: 0 }
        add(name, () => [{ value: count.value, labels }])
        return count
      }),
    spread: (name, ...values) =>
      child(name, values, (labels) => {
        const { spread, read } = openSpread(name, labels)
        add(name, read)
        return spread
      }),
    gauge: (name, read, ...values) => {
      const labels = labelsOf(name, values)
      add(name, async () => [{ value: await read(), labels }])
    },
    read: () => Promise.all(METRICS.map((metric) => figuresOf(metric, series.get(metric.name)))),
  }
}

/** Measures a queue; the answer counts what found it full. */
export function measureQueue(
  meter: Meter,
  queue: 'store' | 'reads' | 'passwords' | 'documents',
  limit: number,
  waiting: () => number,
): Count {
  meter.gauge('patois_queue_waiting', waiting, queue)
  meter.gauge('patois_queue_limit', () => limit, queue)
  return meter.count('patois_queue_refused_total', queue)
}

/** A meter that nobody will ever read. */
export const UNREAD: Meter = {
  count: () => ({ value: 0 }),
  spread: () => ({ observe: () => {} }),
  gauge: () => {},
}

function rowOf(name: string): Metric {
  const row = METRICS.find((metric) => metric.name === name)
  if (!row) throw new Error(`There is no metric ${name}.`)
  return row
}

function labelsOf(name: string, values: readonly string[]): Labels {
  return Object.fromEntries(rowOf(name).labels.map((label, at) => [label, values[at] ?? '']))
}

function openSpread(name: string, labels: Labels): { spread: Spread; read: Series } {
  const { bounds = [] } = rowOf(name)
  const counts = new Array<number>(bounds.length).fill(0)
  let all = 0
  let sum = 0
  const observe = (value: number): void => {
    all++
    sum += value
    for (let at = bounds.length - 1; at >= 0 && value <= (bounds[at] ?? 0); at--) {
      counts[at] = (counts[at] ?? 0) + 1
    }
  }
  const bucket = (le: string | number, value: number): Sample => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value,
  })
  const read = (): Sample[] => [
    ...bounds.map((bound, at) => bucket(bound, counts[at] ?? 0)),
    bucket('+Inf', all),
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: all },
  ]
  return { spread: { observe }, read }
}

async function figuresOf(metric: Metric, series: readonly Series[] = []): Promise<Figures> {
  const { name, kind: type, meaning, across: aggregator = 'sum' } = metric
  const samples = await Promise.all(series.map((read) => read()))
  // The docs' links and code marks say nothing in a help text.
  const help = meaning.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')
  return { name, help, type, aggregator, values: samples.flat() }
}
