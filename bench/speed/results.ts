// Results: all that a run measured, as they stand in results.json.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import type { Summary } from './rounds.ts'

/** Where and when a section was measured. */
export type Conditions = {
  at: string
  node: string
  processor: string
  processors: number
  /** The load average of a minute when it began, and when it ended. */
  load: readonly [before: number, after: number]
}

/** A row of the table with what each server did. */
export type MeasuredRow = { row: string; summaries: readonly Summary[] }

/** How a server starts, and the memory that it has when nothing happens; bytes. */
export type Footprint = {
  name: string
  startSeconds: number
  startCpuSeconds?: number
  residentBytes?: number
}

/** How much memory many families take; bytes. */
export type Families = { families: number; residentBytes: number; fewBytes: number }

/** Rotations in stores of different sizes. */
export type Growth = { rows: number; megabytes: number; summary: Summary }

/** What a call costs a client program; microseconds of a processor. */
export type ClientCost = { name: string; microseconds: number }

/** What happened to a server's users when their application refreshed many times at once. */
export type RaceOutcome = {
  name: string
  rounds: number
  parallel: number
  /** Requests that were answered with tokens, and how many different refresh tokens those were. */
  answered: number
  refused: number
  failed: number
  different: number
  /** Refresh tokens that worked after their round. */
  alive: number
  /** Rounds after which more than one refresh token of the family worked. */
  forked: number
  /** Rounds after which none did: the user has to sign in anew. */
  loggedOut: number
}

/** Microseconds of a processor for one request of a row, by the room that they were spent in. */
export type MeasuredProfile = {
  row: string
  servers: readonly {
    name: string
    microseconds: number
    rooms: Readonly<Record<string, number>>
  }[]
}

/** Everything that a full run measures; a section that was not run stays as it was. */
export type Results = {
  conditions: Partial<Record<Section, Conditions>>
  versions?: Readonly<Record<string, string>>
  rows?: readonly MeasuredRow[]
  profile?: readonly MeasuredProfile[]
  dialects?: readonly Summary[]
  databases?: readonly MeasuredRow[]
  growth?: readonly Growth[]
  footprints?: { servers: readonly Footprint[]; families?: Families }
  client?: readonly ClientCost[]
  race?: readonly RaceOutcome[]
}

/** The parts of a run. */
export const SECTIONS = [
  'rows',
  'profile',
  'dialects',
  'databases',
  'growth',
  'footprints',
  'client',
  'race',
] as const

/** One of them. */
export type Section = (typeof SECTIONS)[number]

const FILE = new URL('../results.json', import.meta.url)

/** What was measured last. */
export function readResults(): Results {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : { conditions: {} }
}

/** Keeps what was measured. */
export function writeResults(results: Results): void {
  writeFileSync(FILE, `${JSON.stringify(results, rounded, 2)}\n`)
}

// Nobody believes in the sixth digit.
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value)
    ? Number(value.toPrecision(4))
    : value
}

/** The conditions now; its load is the one of the beginning until `after` is said. */
export function conditionsNow(): Conditions {
  const [load = 0] = loadavg()
  return {
    at: new Date().toISOString().slice(0, 16),
    node: process.versions.node,
    processor: cpus()[0]?.model.trim() ?? '',
    processors: cpus().length,
    load: [load, load],
  }
}
