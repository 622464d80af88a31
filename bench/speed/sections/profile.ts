// The profile: where each microsecond of a request goes, at the floor and at Patois.

import { type Contestant, startFloor, startPatois } from '../contestants.ts'
import type { MeasuredProfile } from '../results.ts'
import { sharesOf } from '../rooms.ts'
import { measure } from '../rounds.ts'
import { ROWS, type Row } from '../rows.ts'
import type { Bench } from './bench.ts'
import { busySeconds } from './rows.ts'

const PROFILED = [
  'refresh rotation, opaque',
  'introspection, opaque',
  'code exchange, ES256 ID token',
]
/** Long enough that the start is little of it. */
const SECONDS = 4

async function profileOf(bench: Bench, row: Row, at: number): Promise<MeasuredProfile> {
  const { load, folder } = bench
  const plan = { rounds: 1, seconds: SECONDS, warmUpSeconds: 1 }
  const codes = row.name.includes('code') ? Math.ceil(10_000 * busySeconds(plan)) : 0
  const sizes = { families: 64, codes }
  const flagsFor = (profiles: string) => ['--cpu-prof', `--cpu-prof-dir=${profiles}`]
  const parts: MeasuredProfile['servers'][number][] = []
  const run = async (name: string, start: (nodeFlags: string[]) => Promise<Contestant>) => {
    const profiles = folder(`profile-${at}-${name}`)
    const server = await start(flagsFor(profiles))
    const entry = { name, pid: server.pid, job: row.job(server) }
    const [summary] = await measure(load, row.name, [entry], plan)
    // The profile is written when the server has ended.
    await server.close()
    const microseconds = 1e6 / (summary?.perCpuSecond ?? Number.NaN)
    const rooms = Object.entries(sharesOf(profiles)).map(([room, share]) => [
      room,
      share * microseconds,
    ])
    parts.push({ name, microseconds, rooms: Object.fromEntries(rooms) })
  }
  const floor = folder(`floor-${at}`)
  const patois = folder(`patois-${at}`)
  await run('floor', (nodeFlags) => startFloor(floor, sizes, nodeFlags))
  await run('Patois', (nodeFlags) => startPatois(patois, sizes, { nodeFlags }))
  return { row: row.name, servers: parts }
}

/** Profiles some rows; while it is taken everything is slower by as much as a tenth. */
export async function measureProfile(bench: Bench): Promise<MeasuredProfile[]> {
  const measured: MeasuredProfile[] = []
  for (const [at, name] of PROFILED.entries()) {
    const row = ROWS.find((one) => one.name === name)
    if (row === undefined || !name.includes(bench.only)) continue
    const profile = await profileOf(bench, row, at)
    bench.say(
      JSON.stringify(
        profile,
        (_, value) => (Number.isFinite(value) ? +value.toFixed(1) : value),
        1,
      ),
    )
    measured.push(profile)
  }
  return measured
}
