// Writes the tables of the docs that stand in the code already; with --check only looks.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { DIALECTS } from '../packages/core/src/dialects/index.ts'
import { REASONS, type ReasonRow } from '../packages/core/src/refusal.ts'
import { FAULT_KINDS } from '../packages/server/src/emulator/fault-kinds.ts'
import { METRICS, type Metric } from '../packages/server/src/metrics/table.ts'
import { type DialectMount, SETTINGS, type Setting } from '../packages/server/src/settings.ts'
import { catalogueTable, classesTable } from './catalogue.ts'
import { clientTables } from './client-docs.ts'
import { conformanceTables, mcpClientTable } from './conformance.ts'
import { databasesTable, readDatabases } from './database-table.ts'
import { dialectTables } from './dialects.ts'
import { promisesTable, readResults } from './promise-table.ts'
import { readScale, scaleTables } from './scale-table.ts'
import { SCHEMA_FILE, schemaText } from './schema.ts'

const DOCS = new URL('../docs/', import.meta.url)
const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
] as const

function duration(seconds: number): string {
  const unit = UNITS.find(([size]) => seconds >= size && seconds % size === 0)
  return unit ? `${seconds / unit[0]}${unit[1]}` : `${seconds}s`
}

function names(value: Setting['default']): string {
  return (value as DialectMount[]).map(({ dialect }) => dialect).join(', ')
}

function shown(setting: Setting, value: Setting['default']): string {
  if (value === undefined) return '—'
  if (setting.kind === 'seconds') return `\`${duration(value as number)}\``
  if (setting.kind === 'dialects') return `\`[${names(value)}]\``
  return Array.isArray(value) ? '`[]`' : `\`${value}\``
}

function row(setting: Setting): string {
  const { name, flag, env, meaning, devDefault } = setting
  const dev = devDefault === undefined ? '' : ` (dev mode: ${shown(setting, devDefault)})`
  const cells = [
    `\`${name}\``,
    shown(setting, setting.default) + dev,
    `\`${flag}\` \`${env}\``,
    meaning,
  ]
  return `| ${cells.join(' | ')} |`
}

/** The table of settings, as Markdown. */
export function settingsTable(): string {
  const head = '| setting | default | flag and variable | meaning |\n|---|---|---|---|'
  return [head, ...SETTINGS.map((setting) => row(setting))].join('\n')
}

function metricRow({ name, kind, labels, meaning }: Metric): string {
  const shownLabels = labels.map((label) => `\`${label}\``).join(', ')
  return `| \`${name}\` | ${kind} | ${shownLabels} | ${meaning} |`
}

/** The table of metrics, as Markdown. */
export function metricsTable(): string {
  const head = '| metric | kind | labels | meaning |\n|---|---|---|---|'
  return [head, ...METRICS.map((metric) => metricRow(metric))].join('\n')
}

function reasonRow([reason, { code, says, explains }]: [string, ReasonRow]): string {
  return `| \`${reason}\` | \`${code}\` | ${explains.found ?? says} | ${explains.fix} |`
}

const FAULT_HEAD = '| kind | members | what happens |\n|---|---|---|'

/** The table of faults of the emulator, as Markdown. */
export function faultsTable(): string {
  const rows = Object.entries(FAULT_KINDS).map(([kind, { says, members }]) => {
    const names = Object.keys(members).map((name) => `\`${name}\``)
    return `| \`${kind}\` | ${names.join(', ')} | ${says} |`
  })
  return [FAULT_HEAD, ...rows].join('\n')
}

/** The table of reasons for refusals, as Markdown. */
export function reasonsTable(): string {
  const head = '| reason | error | what was the matter | what to do |\n|---|---|---|---|'
  return [head, ...Object.entries(REASONS).map(reasonRow)].join('\n')
}

/** The text with what stands between the marks of this name replaced. */
export function withMarked(text: string, mark: string, inner: string): string {
  const marked = new RegExp(`(<!-- ${mark} -->\\n)[\\s\\S]*?(<!-- /${mark} -->)`)
  if (!marked.test(text)) throw new Error(`There is no place marked ${mark}.`)
  return text.replace(marked, (_, open: string, close: string) => `${open}${inner}\n${close}`)
}

/** Every page with a generated part: its file below docs/, the mark, and what belongs there. */
const PAGES: readonly (readonly [file: string, mark: string, inner: string])[] = [
  ['configuration.md', 'settings', settingsTable()],
  ['conformance.md', 'mcp-client', mcpClientTable()],
  ['conformance.md', 'modules', conformanceTables()],
  ['deployment.md', 'databases', databasesTable(readDatabases())],
  ['promises.md', 'promises', promisesTable(readResults())],
  ['emulator/faults.md', 'faults', faultsTable()],
  ['operate.md', 'metrics', metricsTable()],
  ['reasons.md', 'reasons', reasonsTable()],
  ...Object.entries(scaleTables(readScale())).map(
    ([mark, table]) => ['scale.md', mark, table] as const,
  ),
  ['dialects/catalogue.md', 'catalogue', catalogueTable()],
  ['dialects/catalogue.md', 'classes', classesTable()],
  ...DIALECTS.map(
    (dialect) => [`dialects/${dialect.name}.md`, 'dialect', dialectTables(dialect)] as const,
  ),
  ...DIALECTS.filter(({ name }) => name !== 'standard').map(
    (dialect) => [`client/${dialect.name}.md`, 'client', clientTables(dialect)] as const,
  ),
]

function update(file: URL, name: string, wanted: (old: string) => string): void {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const text = wanted(old)
  if (text === old) return
  if (process.argv.includes('--check')) {
    process.stderr.write(`${name} is old: run npm run docs.\n`)
    process.exitCode = 1
  } else writeFileSync(file, text)
}

if (import.meta.main) {
  for (const [file, mark, inner] of PAGES) {
    update(new URL(file, DOCS), `docs/${file}`, (old) => withMarked(old, mark, inner))
  }
  update(SCHEMA_FILE, 'packages/core/schema/dialect.schema.json', schemaText)
}
