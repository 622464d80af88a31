// The profile: where each microsecond of a request goes, at the floor and at Patois.

import { type Contestant, MODULES, startFloor, startPatois } from '../contestants.ts'
import { type Slice, slicesOf } from '../profile.ts'
import type { MeasuredProfile } from '../results.ts'
import { measure } from '../rounds.ts'
import { type Row, rowOf } from '../rows.ts'
import type { Bench } from './bench.ts'
import { busySeconds } from './rows.ts'

const PROFILED = [
  'refresh rotation, opaque',
  'introspection, opaque',
  'code exchange, ES256 ID token',
]
/** Long enough that the start is little of it. */
const SECONDS = 4

/** A row with the time of one request at each server, in its rooms and their functions. */
export type Profiled = {
  row: string
  servers: { name: string; microseconds: number; slices: readonly Slice[] }[]
}

async function profileOf(bench: Bench, row: Row, at: number): Promise<Profiled> {
  const { load, folder } = bench
  const plan = { rounds: 1, seconds: SECONDS, warmUpSeconds: 1 }
  const codes = row.name.includes('code') ? Math.ceil(10_000 * busySeconds(plan)) : 0
  const sizes = { families: 64, codes }
  const servers: Profiled['servers'] = []
  const run = async (name: string, start: (nodeFlags: string[]) => Promise<Contestant>) => {
    const profiles = folder(`profile-${at}-${name}`)
    const server = await start(['--cpu-prof', `--cpu-prof-dir=${profiles}`])
    const entry = { name, pid: server.pid, job: row.job(server) }
    const [summary] = await measure(load, row.name, [entry], plan)
    // The profile is written when the server has ended.
    await server.close()
    const microseconds = 1e6 / (summary?.perCpuSecond ?? Number.NaN)
    servers.push({ name, microseconds, slices: slicesOf(profiles) })
  }
  const floor = folder(`floor-${at}`)
  const patois = folder(`patois-${at}`)
  await run('floor', (nodeFlags) => startFloor(floor, sizes, nodeFlags))
  await run('Patois', (nodeFlags) => startPatois(patois, sizes, { nodeFlags, command: MODULES }))
  return { row: row.name, servers }
}

/** The rooms of a profile without their functions. */
export function roomsOf({ row, servers }: Profiled): MeasuredProfile {
  return {
    row,
    servers: servers.map(({ name, microseconds, slices }) => {
      const rooms = slices.map((room) => [room.name, room.share * microseconds])
      return { name, microseconds, rooms: Object.fromEntries(rooms) }
    }),
  }
}

/** Profiles some rows; while it is taken everything is slower by as much as a tenth. */
export async function measureProfile(bench: Bench): Promise<Profiled[]> {
  const measured: Profiled[] = []
  for (const [at, name] of PROFILED.entries()) {
    if (!name.includes(bench.only)) continue
    const profiled = await profileOf(bench, rowOf(name), at)
    for (const { name: server, microseconds, rooms } of roomsOf(profiled).servers) {
      bench.say(`${name} · ${server}: ${microseconds.toFixed(1)} µs`)
      for (const [room, time] of Object.entries(rooms)) {
        bench.say(`${time.toFixed(1).padStart(8)} ${room}`)
      }
    }
    measured.push(profiled)
  }
  return measured
}
