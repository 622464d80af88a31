// Documents: writes the tables and the picture of docs/speed.md from what was measured last.

import { readFileSync, writeFileSync } from 'node:fs'
import { withMarked } from '../../tools/docs.ts'
import type { Keeping } from './peers.ts'
import { pictureOf } from './picture.ts'
import type { Conditions, RaceOutcome, Results, Section } from './results.ts'
import type { Summary } from './rounds.ts'
import { bestOf, peersThat, ratio } from './standing.ts'
import { count, megabytes, milliseconds } from './table.ts'

const PAGE = new URL('../../docs/speed.md', import.meta.url)
const PICTURE = new URL('../../docs/speed.svg', import.meta.url)

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = head.map((_, at) => (at === 0 ? '---' : '--:'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

function said({ at, node, processor, processors, load }: Conditions): string {
  const [before, after] = load.map((one) => one.toFixed(1))
  const machine = `${processors} × ${processor}, Node ${node}`
  return `*${at.replace('T', ' ')} UTC, ${machine}; load average ${before} before, ${after} after.*`
}

/** How much more one does than the best peer: by its processor's time, and by the clock. */
function lead(one: Summary | undefined, summaries: readonly Summary[], kept: Keeping): string {
  const peers = peersThat(summaries, kept)
  const best = bestOf(summaries, kept)
  if (!one || !best) return '–'
  const fastest = Math.max(...peers.map(({ perSecond }) => perSecond))
  return `${ratio(one, best).toFixed(1)}× (${(one.perSecond / fastest).toFixed(1)}×)`
}

/** How much longer the slowest hundredth waits than most do. */
function spread({ p50 = Number.NaN, p99 = Number.NaN }: Pick<Summary, 'p50' | 'p99'>): number {
  return p99 / p50
}

function perSecond(one: Summary | undefined): string {
  return one ? count(one.perCpuSecond ?? one.perSecond) : '–'
}

function standings({ rows = [] }: Results): string {
  const head = [
    'answers per CPU second',
    'floor',
    '**Patois**',
    'of the floor',
    'p99/p50, of the floor’s',
    'best durable peer',
    'Patois is (by the clock)',
    'best peer in memory',
    'Patois is (by the clock)',
  ]
  const lines = rows.map(({ row, summaries }) => {
    const floor = summaries.find(({ name }) => name === 'floor')
    const patois = summaries.find(({ name }) => name === 'Patois')
    const durable = bestOf(summaries, 'durable')
    const memory = bestOf(summaries, 'memory')
    const peer = (one: Summary | undefined): string =>
      one ? `${perSecond(one)} (${one.name.replace(/,.*/, '')})` : '–'
    return [
      row,
      perSecond(floor),
      `**${perSecond(patois)}**`,
      floor && patois ? ratio(patois, floor).toFixed(2) : '–',
      floor && patois ? `${(spread(patois) / spread(floor)).toFixed(1)}×` : '–',
      peer(durable),
      lead(patois, summaries, 'durable'),
      peer(memory),
      lead(patois, summaries, 'memory'),
    ]
  })
  return markdown(head, lines)
}

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

function everyServer({ rows = [] }: Results): string {
  return markdown(
    DETAILS,
    rows.flatMap(({ row, summaries }) => summaries.map((one) => details(row, one))),
  )
}

function profile({ profile = [] }: Results): string {
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

function dialects({ dialects = [] }: Results): string {
  const [standard] = dialects
  const cost = (one: Summary): string => (standard ? `${ratio(standard, one).toFixed(2)}×` : '–')
  return markdown(
    ['dialect', 'rotations per CPU second', 'cost of one'],
    dialects.map((one) => [one.name, perSecond(one), cost(one)]),
  )
}

function databases({ databases = [] }: Results): string {
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

function growth({ growth = [] }: Results): string {
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

function footprints({ footprints }: Results): string {
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

function client({ client = [] }: Results): string {
  return markdown(
    ['call', 'µs of a processor'],
    client.map(({ name, microseconds }) => [name, microseconds.toFixed(microseconds < 10 ? 1 : 0)]),
  )
}

function raceRow({ name, answered, refused, failed, different, alive, ...one }: RaceOutcome) {
  const figures = [answered, refused, failed, different, alive, one.forked, one.loggedOut]
  return [name, ...figures.map(String)]
}

function race({ race = [] }: Results): string {
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

const TABLES: readonly (readonly [
  mark: string,
  section: Section,
  write: (of: Results) => string,
])[] = [
  ['standings', 'rows', standings],
  ['servers', 'rows', everyServer],
  ['profile', 'profile', profile],
  ['dialects', 'dialects', dialects],
  ['databases', 'databases', databases],
  ['growth', 'growth', growth],
  ['footprints', 'footprints', footprints],
  ['client', 'client', client],
  ['race', 'race', race],
]

/** Writes whatever was measured into the page, each table with its conditions. */
export function writeDocuments(results: Results): void {
  let text = readFileSync(PAGE, 'utf8')
  for (const [mark, section, write] of TABLES) {
    const conditions = results.conditions[section]
    if (!conditions) continue
    text = withMarked(text, mark, `${write(results)}\n\n${said(conditions)}`)
  }
  writeFileSync(PAGE, text)
  if (results.rows) writeFileSync(PICTURE, pictureOf(results.rows))
}
