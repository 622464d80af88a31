// What a server process holds: memory, files, sockets, timers.

import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Installation } from './process.ts'

/** Bytes, and numbers of open files (of them sockets) and of timers. */
export type Vitals = {
  rss: number
  heapUsed: number
  files: number
  sockets: number
  timers: number
}

const LOADED = new URL('vitals-process.ts', import.meta.url).href

const fileOf = (place: Installation): string => join(dirname(place.file), 'vitals.json')

/** An installation whose server can be asked what it holds. */
export const withVitals = (place: Installation): Installation => ({
  ...place,
  env: { ...place.env, NODE_OPTIONS: `--import=${LOADED}`, PATOIS_VITALS: fileOf(place) },
})

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path)
  } catch {
    // Closed between the listing and the look.
    return ''
  }
}

/** Asks the server with this process id. */
export const vitalsOf = async (place: Installation, pid: number): Promise<Vitals> => {
  const file = fileOf(place)
  rmSync(file, { force: true })
  process.kill(pid, 'SIGUSR2')
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await sleep(5)
  const folder = `/proc/${pid}/fd`
  const links = readdirSync(folder).map((name) => linkOf(join(folder, name)))
  const sockets = links.filter((link) => link.startsWith('socket:')).length
  return { ...JSON.parse(readFileSync(file, 'utf8')), files: links.length, sockets }
}

/** The slope of the straight line through the points, by least squares. */
export const slopeOf = (points: readonly (readonly [x: number, y: number])[]): number => {
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length
  const [x, y] = [mean(points.map(([one]) => one)), mean(points.map(([, one]) => one))]
  const above = points.reduce((sum, [one, other]) => sum + (one - x) * (other - y), 0)
  return above / points.reduce((sum, [one]) => sum + (one - x) ** 2, 0)
}
