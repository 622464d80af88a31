// S3 in full: thousands of callers who send or read slowly, and how a healthy one fares meanwhile.

import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SECRETS } from '../../door/fixtures.ts'
import { percentile } from '../../door/load.ts'
import { type Installation, install, serve } from '../../door/process.ts'
import { openFolder } from '../../door/tokens.ts'
import { type Measurement, runAlone } from './place.ts'

const SECONDS = 240
const CALLERS = 2000
/** Of those who read nothing: what the kernel keeps for each of them is megabytes. */
const READERS = 100
const DRIP_MS = 5000
const HEALTHY_EVERY_MS = 20
const LONGEST_S = 30
const SLOWEST_P99_MS = 500

type Way = { name: string; callers: number; first: string; drip: string; reads: boolean }

const WAYS: readonly Way[] = [
  {
    name: 'headers',
    callers: CALLERS,
    first: 'GET /jwks HTTP/1.1\r\nHost: x\r\n',
    drip: 'X-A: b\r\n',
    reads: true,
  },
  {
    name: 'body',
    callers: CALLERS,
    first:
      'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n',
    drip: 'x=1&',
    reads: true,
  },
  {
    name: 'read',
    callers: READERS,
    first: 'GET /openapi/standard.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(300),
    drip: '',
    reads: false,
  },
]

/** What a healthy client went through. */
type Health = { milliseconds: number[]; errors: number }

const keepHealthy = async ({ url }: Installation, isOver: () => boolean): Promise<Health> => {
  const health: Health = { milliseconds: [], errors: 0 }
  const headers = { authorization: `Basic ${btoa(`rs:${SECRETS.rs}`)}` }
  while (!isOver()) {
    const began = performance.now()
    try {
      const body = new URLSearchParams({ grant_type: 'client_credentials' })
      const answer = await fetch(url('/token'), { method: 'POST', headers, body })
      await answer.text()
      if (!answer.ok) health.errors++
    } catch {
      health.errors++
    }
    health.milliseconds.push(performance.now() - began)
    await sleep(HEALTHY_EVERY_MS)
  }
  return health
}

/** A caller who comes again whenever it is cut off; answers its longest stay in milliseconds. */
const beSlow = async (way: Way, port: number, isOver: () => boolean): Promise<number> => {
  let longest = 0
  while (!isOver()) {
    const began = performance.now()
    await stay(connect(port, '127.0.0.1'), way, isOver)
    longest = Math.max(longest, performance.now() - began)
  }
  return longest
}

const stay = (socket: Socket, { first, drip, reads }: Way, isOver: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => {})
    if (reads) socket.resume()
    socket.write(first)
    const more = setInterval(() => {
      if (isOver()) socket.destroy()
      else if (drip !== '') socket.write(drip)
    }, DRIP_MS)
    socket.on('close', () => {
      clearInterval(more)
      resolve()
    })
  })

const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

/** How long the server has held on to callers who all came at once; milliseconds. */
const untilLetGo = async (pid: number, before: number): Promise<number> => {
  const began = performance.now()
  let held = began
  // The last of them may be let in when the first are gone already.
  while (performance.now() - held < 5000) {
    if (openFiles(pid) > before + 5) held = performance.now()
    await sleep(100)
  }
  return held - began
}

type At = { place: Installation; pid: number; seconds: number; before: number }

const tryWay = async (way: Way, { place, pid, seconds, before }: At) => {
  const until = performance.now() + seconds * 1000
  const isOver = () => performance.now() > until
  const health = keepHealthy(place, isOver)
  // Who never reads never hears that it was cut off: it comes once, and the server is watched.
  if (!way.reads) {
    const sockets = Array.from({ length: way.callers }, () => connect(place.port, '127.0.0.1'))
    for (const socket of sockets) socket.on('error', () => {}).write(way.first)
    const longest = await untilLetGo(pid, before)
    for (const socket of sockets) socket.destroy()
    return { ...(await health), longest }
  }
  const callers = Array.from({ length: way.callers }, () => beSlow(way, place.port, isOver))
  const longest = Math.max(...(await Promise.all(callers)))
  return { ...(await health), longest }
}

/** All ways of being slow, each for so many seconds. */
export const s3: Measurement = async (seconds = SECONDS) => {
  const folder = openFolder()
  const place = await install(dirname(folder.path))
  const served = serve(place)
  await served.ready
  const before = openFiles(served.pid)
  const figures: Record<string, object> = {}
  let isGood = true
  for (const way of WAYS) {
    const found = await tryWay(way, { place, pid: served.pid, seconds, before })
    const { milliseconds, errors } = found
    await untilLetGo(served.pid, before)
    const p99 = Math.round(percentile(milliseconds, 0.99))
    const longest = Math.round(found.longest / 100) / 10
    figures[way.name] = {
      slowCallers: way.callers,
      longestStaySeconds: longest,
      healthy: { requests: milliseconds.length, errors, p99Milliseconds: p99 },
    }
    isGood &&= errors === 0 && p99 < SLOWEST_P99_MS && longest <= LONGEST_S
  }
  await served.stop()
  folder.remove()
  const what = `callers who send or read slowly, ${seconds} s each way, beside a healthy one`
  return [{ row: 'S3', what, figures, verdict: isGood ? 'served' : 'held up' }]
}

await runAlone(import.meta.url, s3)
