// What is answered to Prometheus, at an address of its own that is no part of the issuer.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client'
import type { OpenMeter } from './meter.ts'

/** The metrics of one process, as they are sent to where those of several are summed. */
export type Report = readonly object[]

/** Opens what a process reports: our own figures and those of Node (loop lag, memory, garbage). */
export function openReport(meter: OpenMeter): () => Promise<Report> {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return async () => [...(await meter.read()), ...(await registry.getMetricsAsJSON())]
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
