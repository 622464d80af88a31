// What is answered to Prometheus, at an address of its own that is no part of the issuer.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client'
import type { OpenMeter } from './meter.ts'

/** The metrics of one process, as they are sent to where those of several are summed. */
export type Report = readonly object[]

type Aggregated = { name: string; aggregator: string }

/** Opens what a process reports: our own figures and those of Node (loop lag, memory, garbage). */
export function openReport(meter: OpenMeter): () => Promise<Report> {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return async () => {
    const ofNode = await registry.getMetricsAsJSON()
    return [
      ...(await meter.read()),
      ...ofNode.map((metric) => ({ ...metric, ...acrossOf(metric) })),
    ]
  }
}

// Of several processes the oldest start, which prom-client leaves out, and the worst lag, of which it
// makes an average: one worker that hangs is not to be hidden by those that have nothing to do.
function acrossOf({ name, aggregator }: Aggregated): Pick<Aggregated, 'aggregator'> {
  if (name === 'process_start_time_seconds') return { aggregator: 'min' }
  return { aggregator: aggregator === 'average' ? 'max' : aggregator }
}

/** What several processes that have ended leave behind: what only grows, summed up. */
export async function sumOfEnded(reports: readonly Report[]): Promise<Report> {
  const grown = reports.map((report) => report.filter(hasFigures).filter(grows))
  return AggregatorRegistry.aggregate(grown).getMetricsAsJSON()
}

function grows(metric: object): boolean {
  return 'type' in metric && (metric.type === 'counter' || metric.type === 'histogram')
}

/** Answers `/metrics` until the answer is called; `reports` has one of each process. */
export async function serveMetrics(
  { host, port }: { host: string; port: number },
  reports: () => Promise<readonly Report[]>,
): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    answer(request, response, reports).catch(() => response.writeHead(500).end())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  })
  // A server that cannot start ends, whoever may read its metrics.
  server.unref()
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
}

async function answer(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  reports: () => Promise<readonly Report[]>,
): Promise<void> {
  if (url?.split('?')[0] !== '/metrics') {
    return say(response, 404, 'Metrics are at /metrics.')
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return say(response.setHeader('allow', 'GET'), 405, 'This address takes GET.')
  }
  const filled = (await reports()).map((report) => report.filter(hasFigures))
  const registry = AggregatorRegistry.aggregate(filled)
  const text = await registry.metrics()
  say(response, 200, text, registry.contentType)
}

// Of a metric without figures nothing is known, not even that it is 0.
function hasFigures(metric: object): boolean {
  return 'values' in metric && Array.isArray(metric.values) && metric.values.length > 0
}

function say(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  const headers = { 'content-type': type, 'cache-control': 'no-store' }
  response.writeHead(status, headers).end(`${text}\n`)
}
