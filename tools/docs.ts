// Writes the tables of the docs that stand in the code already; with --check only looks.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type DialectMount, SETTINGS, type Setting } from '../packages/server/src/settings.ts'
import { SCHEMA_FILE, schemaText } from './schema.ts'

const FILE = new URL('../docs/configuration.md', import.meta.url)
const MARK = 'settings'
const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
] as const

function duration(seconds: number): string {
  const unit = UNITS.find(([size]) => seconds >= size && seconds % size === 0)
  return unit ? `${seconds / unit[0]}${unit[1]}` : `${seconds}s`
}

function shown(setting: Setting, value: Setting['default']): string {
  if (value === undefined) return '—'
  if (setting.kind === 'seconds') return `\`${duration(value as number)}\``
  if (setting.kind === 'dialects')
    return `\`[${(value as DialectMount[]).map(({ dialect }) => dialect).join(', ')}]\``
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

/** The text with its marked table replaced by `table`. */
export function withTable(text: string, table: string): string {
  const marked = new RegExp(`(<!-- ${MARK} -->\\n)[\\s\\S]*?(<!-- /${MARK} -->)`)
  if (!marked.test(text)) throw new Error(`There is no place marked ${MARK}.`)
  return text.replace(marked, (_, open: string, close: string) => `${open}${table}\n${close}`)
}

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
  update(FILE, 'docs/configuration.md', (old) => withTable(old, settingsTable()))
  update(SCHEMA_FILE, 'packages/core/schema/dialect.schema.json', schemaText)
}
