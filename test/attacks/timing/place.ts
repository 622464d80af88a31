// Place: a server in a process of its own, with so many clients and users that no throttle is met.

import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { install, serve } from '../../door/process.ts'
import { openFolder } from '../../door/tokens.ts'
import type { Report, Row } from './samples.ts'

/** What is measured at: its port, and the URLs of its paths. */
export type Place = { port: number; origin: string; url(path: string): string }

/** A measurement; `samples` of each kind are taken, or as many as its row asks for. */
export type Measurement = (samples?: number) => Promise<Row[]>

/** Each request comes from another network, as a trusted proxy says. */
export const from = (index: number): Record<string, string> => ({
  'x-forwarded-for': `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
})

/** HTTP Basic. */
export const basic = (id: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${btoa(`${id}:${secret}`)}`,
})

/** Starts a server, measures at it, and clears it away. */
export const atPlace = async (
  configuration: Record<string, unknown>,
  measureAt: (place: Place) => Promise<Report[]>,
): Promise<Report[]> => {
  const folder = openFolder()
  const trusted = { trusted_proxies: ['127.0.0.1/32'] }
  const place = await install(dirname(folder.path), { ...trusted, ...configuration })
  const served = serve(place)
  try {
    await served.ready
    return await measureAt(place)
  } finally {
    await served.stop()
    folder.remove()
  }
}

/** Runs a measurement when its file is what was started, and prints what it found. */
export const runAlone = async (file: string, measurement: Measurement): Promise<void> => {
  if (file !== pathToFileURL(process.argv[1] ?? '').href) return
  const samples = process.argv[2] === undefined ? undefined : Number(process.argv[2])
  console.log(JSON.stringify(await measurement(samples), undefined, 2))
}
