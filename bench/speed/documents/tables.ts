// The tables of docs/speed.md that only say what was measured, one for each section.

import type { RaceOutcome, Results } from '../results.ts'
import type { Summary } from '../rounds.ts'
import { ratio, spread } from '../standing.ts'
import { count, megabytes, milliseconds } from '../table.ts'
import { markdown, perSecond } from './markdown.ts'

function details(row: string, { name, perSecond, least, most, ...one }: Summary): string[] {
  return [
    row,
    name,
    `${count(perSecond)} (${count(least)} – ${count(most)})`,
    count(one.perCpuSecond),
    milliseconds(one.p50),
    milliseconds(one.p99),
    spread(one).toFixed(1),
    megabytes(one.residentBytes),
  ]
}

const DETAILS = ['row', 'server', 'req/s (range)', 'per CPU s', 'p50 ms', 'p99 ms', 'p99/p50', 'MB']

/** Every server in every row, with the versions of those that are not ours. */
export function everyServer({ rows = [], versions = {} }: Results): string {
  const table = markdown(
    DETAILS,
    rows.flatMap(({ row, summaries }) => summaries.map((one) => details(row, one))),
  )
  const peers = Object.entries(versions).map((one) => one.join(' '))
  return `${table}\n\nPeers: ${peers.join(', ')}.`
}

/** Where the time of a request goes, by room. */
export function profile({ profile = [] }: Results): string {
  const rooms = [
    ...new Set(profile.flatMap(({ servers }) => servers.flatMap((one) => Object.keys(one.rooms)))),
  ]
  const columns = profile.flatMap(({ servers }) => servers)
  const total = (room: string): number =>
    columns.reduce((sum, one) => sum + (one.rooms[room] ?? 0), 0)
  const figure = (microseconds = 0): string => (microseconds < 0.1 ? '' : microseconds.toFixed(1))
  const head = profile.flatMap(({ row, servers }) => servers.map(({ name }) => `${row}: ${name}`))
  return markdown(
    ['µs of one request', ...head],
    [
      ...rooms
        .toSorted((one, other) => total(other) - total(one))
        .map((room) => [room, ...columns.map((one) => figure(one.rooms[room]))]),
      ['**all**', ...columns.map(({ microseconds }) => `**${figure(microseconds)}**`)],
    ],
  )
}

/** A rotation in each dialect, beside the standard one. */
export function dialects({ dialects = [] }: Results): string {
  const [standard] = dialects
  const cost = (one: Summary): string => (standard ? `${ratio(standard, one).toFixed(2)}×` : '–')
  return markdown(
    ['dialect', 'rotations per CPU second', 'cost of one'],
    dialects.map((one) => [one.name, perSecond(one), cost(one)]),
  )
}

/** Each row on each database. */
export function databases({ databases = [] }: Results): string {
  return markdown(
    [
      'row',
      'database',
      'req/s (range)',
      'per CPU s of Patois',
      'per CPU s of PostgreSQL',
      'p50 ms',
      'p99 ms',
    ],
    databases.flatMap(({ row, summaries }) =>
      summaries.map((one) => {
        const [, name = '', range = '', own = '', p50 = '', p99 = ''] = details(row, one)
        return [row, name, range, own, count(one.perDatabaseCpuSecond), p50, p99]
      }),
    ),
  )
}

/** A rotation in stores of different sizes. */
export function growth({ growth = [] }: Results): string {
  const [first] = growth
  return markdown(
    ['refresh tokens in the store', 'file', 'rotations per CPU second', 'cost of one'],
    growth.map(({ rows, megabytes, summary }) => [
      rows.toLocaleString('en'),
      `${megabytes} MB`,
      perSecond(summary),
      first ? `${ratio(first.summary, summary).toFixed(2)}×` : '–',
    ]),
  )
}

/** How servers start, and the memory that they take. */
export function footprints({ footprints }: Results): string {
  const { servers = [], families } = footprints ?? {}
  const table = markdown(
    ['server', 'start to first answer', 'of a processor', 'memory at rest'],
    servers.map(({ name, startSeconds, startCpuSeconds = 0, residentBytes }) => [
      name,
      `${startSeconds.toFixed(2)} s`,
      `${startCpuSeconds.toFixed(2)} s`,
      `${megabytes(residentBytes)} MB`,
    ]),
  )
  if (!families) return table
  const many = families.families.toLocaleString('en')
  const [took, few] = [families.residentBytes, families.fewBytes].map(
    (one) => `${megabytes(one)} MB`,
  )
  const sentence = `A server that has refreshed each of ${many} live families takes ${took}; one that has`
  return `${table}\n\n${sentence} refreshed 64 families as often takes ${few}.`
}

/** What a call costs each client library. */
export function client({ client = [] }: Results): string {
  return markdown(
    ['call', 'µs of a processor'],
    client.map(({ name, microseconds }) => [name, microseconds.toFixed(microseconds < 10 ? 1 : 0)]),
  )
}

function raceRow({ name, answered, refused, failed, different, alive, ...one }: RaceOutcome) {
  const figures = [answered, refused, failed, different, alive, one.forked, one.loggedOut]
  return [name, ...figures.map(String)]
}

/** What became of a family that is refreshed many times at once. */
export function race({ race = [] }: Results): string {
  const head = [
    'server',
    'answered with tokens',
    'refused',
    'failed',
    'different refresh tokens',
    'of these work afterwards',
    'rounds with several heirs',
    'rounds with none: logged out',
  ]
  return markdown(head, race.map(raceRow))
}
