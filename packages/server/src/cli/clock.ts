// patois clock: reads and moves the time of a server in dev mode.

import type { Command } from 'commander'
import type { ClockReading } from '../clock.ts'
import { command, StartFault } from './run.ts'

const USUAL = 'http://127.0.0.1:9400'

type Said = { url: string }

/** Adds the command. */
export function addClock(program: Command): void {
  const clock = program.command('clock').description('Read or move the time of patois dev.')
  const add = (name: string, says: string, body: (value: string) => object | undefined) =>
    clock
      .command(name)
      .description(says)
      .option('--url <issuer>', 'The address of the server.', process.env.PATOIS_ISSUER ?? USUAL)
      .action((...given: unknown[]) => {
        const [value, options] = given.length > 2 ? given : [undefined, given[0]]
        return command(() => move((options as Said).url, body(String(value))))
      })
  add('now', 'Say what time it is there.', () => undefined)
  add('advance <duration>', 'Move it on: 90, 90s, 15m, 1h, 30d.', (advance) => ({ advance }))
  add('set <moment>', 'Set it: a date such as 2030-01-31T12:00:00Z.', (set) => ({
    set: /^\d+$/.test(set) ? Number(set) : set,
  }))
  add('freeze', 'Let it stand.', () => ({ freeze: true }))
  add('go', 'Let it go on.', () => ({ freeze: false }))
}

async function move(issuer: string, body: object | undefined): Promise<void> {
  const { now, frozen, offsetSeconds } = await call(issuer, body)
  const time = new Date(now * 1000).toISOString().replace('.000', '')
  const ahead = offsetSeconds === 0 ? '' : `, ${distance(offsetSeconds)}`
  process.stdout.write(`${time}${ahead}${frozen ? ', standing still' : ''}\n`)
}

function distance(seconds: number): string {
  const size = Math.abs(seconds)
  const [figure, unit] =
    size % 86_400 === 0
      ? [size / 86_400, 'd']
      : size % 3600 === 0
        ? [size / 3600, 'h']
        : [size, 's']
  return `${figure}${unit} ${seconds > 0 ? 'ahead' : 'behind'}`
}

async function call(issuer: string, body: object | undefined): Promise<ClockReading> {
  const url = `${issuer.replace(/\/$/, '')}/dev/clock`
  const headers = { 'content-type': 'application/json' }
  const init = body ? { method: 'POST', headers, body: JSON.stringify(body) } : {}
  const answer = await fetch(url, init).catch(() => {
    throw new StartFault(`Nobody answers at ${issuer}: start patois dev, or say --url.`)
  })
  const said = (await answer.json().catch(() => ({}))) as ClockReading & { error?: string }
  if (answer.ok) return said
  throw new StartFault(said.error ?? `At ${issuer} is no server in dev mode.`)
}
