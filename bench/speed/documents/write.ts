// Documents: writes the tables and the picture of docs/speed.md from what was measured last.

import { readFileSync, writeFileSync } from 'node:fs'
import { withMarked } from '../../../tools/docs.ts'
import type { Conditions, Results, Section } from '../results.ts'
import type { Profiled } from '../sections/profile.ts'
import { icicleOf } from './icicle.ts'
import { pictureOf } from './picture.ts'
import { ratios, standings, whole } from './standings.ts'
import {
  client,
  databases,
  dialects,
  everyServer,
  footprints,
  growth,
  profile,
  race,
} from './tables.ts'

const PAGE = new URL('../../../docs/speed.md', import.meta.url)
const PICTURE = new URL('../../../docs/speed.svg', import.meta.url)
const ICICLE = new URL('../../../docs/speed-profile.svg', import.meta.url)

function where({ at, node, processor, processors, load }: Conditions): string {
  const [before, after] = load.map((one) => one.toFixed(1))
  const machine = `${processors} × ${processor}, Node ${node}`
  return `*${at.replace('T', ' ')} UTC, ${machine}; load average ${before} before, ${after} after.*`
}

const TABLES: readonly (readonly [
  mark: string,
  section: Section,
  write: (of: Results) => string,
])[] = [
  ['standings', 'rows', standings],
  ['ratios', 'rows', ratios],
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
    text = withMarked(text, mark, `${write(results)}\n\n${where(conditions)}`)
  }
  // Out of several sections, each of which says when and where it was measured.
  text = withMarked(text, 'whole', whole(results))
  writeFileSync(PAGE, text)
  if (results.rows) writeFileSync(PICTURE, pictureOf(results.rows))
}

/** Writes the picture of one request; its functions are in no results. */
export function writeIcicle(profiled: Profiled): void {
  writeFileSync(ICICLE, icicleOf(profiled))
}
