// Measures what our client and its peers make of every shape of answer, and writes the table down.

import { readFileSync, writeFileSync } from 'node:fs'
import { startScript } from '../test/door/script.ts'
import { isGood, measure, OURS, type Outcome } from '../test/gauntlet/measure.ts'
import { SHAPES } from '../test/gauntlet/shapes.ts'
import { withMarked } from '../tools/docs.ts'
import { PEERS } from './peers.ts'
import { versionOf } from './versions.ts'

const PAGE = new URL('../docs/client/answers.md', import.meta.url)
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const columns = [OURS, ...PEERS]
const server = await startScript()
const outcomes: Outcome[][] = []
for (const shape of SHAPES) {
  const line: Outcome[] = []
  for (const peer of columns) line.push(await measure(peer, shape, server))
  outcomes.push(line)
}
await server.close()

const shown = (index: number) => (outcome: Outcome) => {
  const shape = SHAPES[index]
  return shape && isGood(shape, outcome) ? outcome : `**${outcome}**`
}
const good = columns.map(
  (_, column) =>
    SHAPES.filter((shape, index) => isGood(shape, outcomes[index]?.[column] ?? 'crash')).length,
)
const names = [OURS.name, ...PEERS.map((peer) => `${peer.name} ${versionOf(peer.package)}`)]
const table = [
  row(['answer', ...names]),
  row(['---', ...names.map(() => '---')]),
  ...SHAPES.map(({ name }, index) => row([name, ...(outcomes[index] ?? []).map(shown(index))])),
  row(['right, of 17', ...good.map(String)]),
].join('\n')

process.stdout.write(`${table}\n`)
writeFileSync(PAGE, withMarked(readFileSync(PAGE, 'utf8'), 'answers', table))
