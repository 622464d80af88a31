// Line: one connection that is kept, and how long each answer on it takes to arrive.

import { connect } from 'node:net'
import { compare, type Report } from './samples.ts'

/** A request of a form; the path and the headers are sent as they are. */
export type Timed = {
  path: string
  fields: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
}

/** A connection; `take` answers microseconds, and throws when the status is another one. */
export type Line = { take(request: Timed, status: number): Promise<number>; close(): void }

/** Opens a connection to a server on loopback. */
export const openLine = async (port: number): Promise<Line> => {
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  await new Promise<void>((resolve, reject) =>
    socket.once('connect', resolve).once('error', reject),
  )
  let got = ''
  let done = (): void => {}
  socket.setEncoding('latin1').on('data', (part) => {
    got += String(part)
    if (isWhole(got)) done()
  })
  return {
    async take(request, status) {
      const message = messageOf(request, port)
      got = ''
      const whole = new Promise<void>((resolve) => {
        done = resolve
      })
      const start = process.hrtime.bigint()
      socket.write(message)
      await whole
      const microseconds = Number(process.hrtime.bigint() - start) / 1000
      if (!got.startsWith(`HTTP/1.1 ${status} `)) throw new Error(`not ${status}: ${got}`)
      return microseconds
    },
    close: () => socket.destroy(),
  }
}

const isWhole = (text: string): boolean => {
  const end = text.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1]
  return end >= 0 && text.length >= end + 4 + Number(length ?? 0)
}

const messageOf = ({ path, fields, headers = {} }: Timed, port: number): string => {
  const body = new URLSearchParams(fields).toString()
  const all = {
    host: `127.0.0.1:${port}`,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(body.length),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/** Two kinds of requests that must take the same time; each is made anew for its number. */
export type Pair = Pick<Report, 'row' | 'what'> & {
  samples: number
  status: number
  kinds: Readonly<Record<string, (index: number) => Timed>>
}

/** Of so many first requests nothing is kept: code is still being compiled. */
const WARM_UP = 0.05

/** Takes both kinds by turns, in random order, on one connection. */
export const measure = async (
  port: number,
  { row, what, samples, status, kinds }: Pair,
): Promise<Report> => {
  const line = await openLine(port)
  const taken = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, [] as number[]]))
  const warmUp = Math.ceil(samples * WARM_UP)
  for (let index = 0; index < warmUp + samples; index++) {
    const order = Object.entries(kinds)
    if (Math.random() < 0.5) order.reverse()
    for (const [kind, make] of order) {
      const microseconds = await line.take(make(index), status)
      if (index >= warmUp) taken[kind]?.push(microseconds)
    }
  }
  line.close()
  return compare({ row, what }, taken)
}
