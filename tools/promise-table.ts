// The promises of reliability: the figure asked of each, and what the full run has measured of it.
import { readFileSync } from 'node:fs'
import type { Ran } from './run-tests.ts'
import { namedIn } from './titles.ts'

/** A promise: what goes wrong, and the figure that is asked when it does. */
export type Promised = { id: string; when: string; asked: string }

/** What a run says of a promise. */
export type Kept = { result: 'kept' | 'broken' | 'skipped'; measured: string[] }

/** The latest run of each promise: the day as YYYY-MM-DD, and whether it tried less than is asked. */
export type Results = Readonly<Record<string, Kept & { on: string; inPart?: boolean }>>

/** Where the latest full runs are kept. */
export const RESULTS_FILE = new URL('../docs/promises.json', import.meta.url)

/** The latest full runs. */
export function readResults(): Results {
  return JSON.parse(readFileSync(RESULTS_FILE, 'utf8')) as Results
}

/** The promises, in their order. S is one node on SQLite, P two nodes on PostgreSQL. */
export const PROMISES: readonly Promised[] = [
  {
    id: 'R1',
    when: 'One code is exchanged 50 times at once, 200 times over (S, P)',
    asked: '1 success a round, 0 × 5xx',
  },
  {
    id: 'R2',
    when: 'One refresh token is used 50 times at once, 200 times over, with a replay window of 0 and of 10 s (S, P)',
    asked: '1 leaf a family, 0 families ended, 0 × 5xx',
  },
  {
    id: 'R3',
    when: '`kill -9` under 50 refreshes a second, 500 times (S, P)',
    asked:
      '0 acknowledged tokens lost, 0 users without a token, 0 second leaves; first 200 in 2 s (S), 3 s (P)',
  },
  {
    id: 'R4',
    when: 'The SQLite file after each of these kills',
    asked: 'whole, and every reference leads somewhere: 500 of 500',
  },
  {
    id: 'R5',
    when: 'The power fails: a copy of file and WAL of a server that is frozen under load',
    asked: 'opens; 0 half grants, 0 acknowledged tokens lost',
  },
  {
    id: 'R6',
    when: 'PostgreSQL crashes and starts again under 100 requests a second',
    asked:
      'nothing but 503 with Retry-After, no longer than the outage + 2 s; 0 exits, 0 grants twice',
  },
  {
    id: 'R7',
    when: 'The primary is killed and its standby promoted',
    asked:
      'answers 10 s after the promotion; 0 acknowledged codes and tokens lost with remote_apply',
  },
  {
    id: 'R8',
    when: 'A read replica lags by 5 s',
    asked: '0 false invalid_grant, 0 revoked tokens seen active',
  },
  {
    id: 'R9',
    when: 'One node of two is frozen for 30 s',
    asked: '0 errors at the other; nothing stale 1 s after the thaw',
  },
  {
    id: 'R10',
    when: 'A token is revoked at one node and introspected at the other, 1,000 times',
    asked: 'inactive within 100 ms (p99), 1 s at most',
  },
  {
    id: 'R11',
    when: 'The clock jumps by an hour, forth and back',
    asked:
      '0 tokens that end before they begin, 0 codes revived, 0 sessions ended, 0 timers gone wild',
  },
  {
    id: 'R12',
    when: 'The clocks of two nodes differ by 30 s',
    asked:
      'codes, assertions and refreshes work across; 0 families ended by a replay inside the window',
  },
  {
    id: 'R13',
    when: 'Ten changes of signing keys under 200 requests a second, with a verifier that caches',
    asked: '0 tokens that do not verify; published before use, kept until the last token is over',
  },
  {
    id: 'R14',
    when: 'The disk is full (S, P)',
    asked: 'writes 503 within 1 s, reads 200; as before within 2 s of space; file whole',
  },
  {
    id: 'R15',
    when: 'Somebody else has every connection of PostgreSQL',
    asked: '503 after 2 s, queue bounded, event loop late by less than 50 ms (p99)',
  },
  {
    id: 'R16',
    when: 'The database is slow: +200 ms, then 5 s',
    asked: '0 errors; 503 within 3 s; R1 and R2 hold',
  },
  {
    id: 'R17',
    when: '10,000 refreshes in a second; 5,000 reads of keys and metadata a second',
    asked: '0 × 5xx, p99 below 2 s, 1 fetch at a time for each URL',
  },
  {
    id: 'R18',
    when: '200 passwords at once',
    asked:
      'token endpoint p99 at most twice the idle one; event loop late by less than 50 ms (p99)',
  },
  {
    id: 'R19',
    when: '10 million expired rows (P), 2 million (S) are removed under 100 requests a second',
    asked: 'no lock waits over 100 ms; p99 at most 1.2 times; the size stays (1 % a day)',
  },
  {
    id: 'R20',
    when: 'An hour at half of what it can',
    asked: 'memory grows by 1 MB an hour at most; files, timers, sockets stay; 0 errors',
  },
  {
    id: 'R21',
    when: 'SIGTERM under load',
    asked: '0 requests lost; over in 10 s',
  },
  {
    id: 'R22',
    when: 'The next version takes over node by node, with a migration, under load (P)',
    asked: '0 × 5xx; refresh tokens work in both directions',
  },
  {
    id: 'R23',
    when: 'A backup is made under load, and restored',
    asked: 'whole; what was revoked since can be ended by one command',
  },
  {
    id: 'R24',
    when: 'A server moves from SQLite to PostgreSQL',
    asked: '100 % of refresh tokens, grants and keys work; dry run and move agree',
  },
  {
    id: 'R25',
    when: '100,000 mutated requests over every endpoint of every dialect',
    asked: '0 crashes, 0 × 5xx, memory flat',
  },
  {
    id: 'R26',
    when: 'Two servers on one SQLite file',
    asked:
      'the second is refused by name; after `kill -9` the next starts at once; 0 × SQLITE_BUSY',
  },
]

/** What the tests say of each promise that they name; `measured` are the figures they reported. */
export function keptOf(
  tests: readonly Ran[],
  measured: readonly { id: string; figure: string }[],
): Map<string, Kept> {
  const statuses = new Map<string, string[]>()
  for (const { groups, title, status } of tests) {
    for (const id of namedIn([...groups, title])?.ids ?? []) {
      statuses.set(id, [...(statuses.get(id) ?? []), status])
    }
  }
  const known = PROMISES.flatMap(({ id }) => {
    const own = statuses.get(id)
    const figures = measured.filter((one) => one.id === id).map(({ figure }) => figure)
    return own ? [[id, { result: resultOf(own), measured: figures }] as const] : []
  })
  return new Map(known)
}

function resultOf(statuses: readonly string[]): Kept['result'] {
  if (statuses.includes('failed')) return 'broken'
  return statuses.includes('passed') ? 'kept' : 'skipped'
}

const NOT_RUN = { result: 'not run', measured: [], on: '', inPart: false }

/** The table for the docs, as Markdown. */
export function promisesTable(results: Results): string {
  const head = '| | when | asked | measured | |\n|---|---|---|---|---|'
  const rows = PROMISES.map(({ id, when, asked }) => {
    const { result, measured, on, inPart } = results[id] ?? NOT_RUN
    const said = result === 'broken' ? '**broken**' : inPart ? `${result} in part` : result
    return `| ${id} | ${when} | ${asked} | ${measured.join('<br>')} | ${said} ${on} |`
  })
  return [head, ...rows.map((row) => row.replace(/ +/g, ' '))].join('\n')
}

/** The table for a terminal: the promises that were run, with a line for each figure. */
export function printedTable(kept: ReadonlyMap<string, Kept>): string {
  return PROMISES.flatMap(({ id, when, asked }) => {
    const own = kept.get(id)
    if (!own) return []
    const lines = own.measured.map((figure) => `${' '.repeat(14)}measured: ${figure}`)
    const indent = ' '.repeat(14)
    return [`${id.padEnd(4)} ${own.result.padEnd(8)} ${when}`, `${indent}asked: ${asked}`, ...lines]
  }).join('\n')
}
