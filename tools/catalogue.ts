// The tables of the catalogue's page in the docs, out of its dialects' own data.

import { CATALOGUE } from '../packages/core/src/dialects/catalogue/index.ts'
import type { Dialect } from '../packages/core/src/dialects/dialect.ts'
import { CLASSES, factsOf, operationsOf, placesOf, rowsOf, separatorOf } from './quirks.ts'

const PROOFS: Readonly<Record<string, string>> = {
  basic: 'Basic',
  'basic-raw': 'Basic',
  form: 'form',
  json: 'JSON',
  query: 'query',
  path: 'path',
}

function proofOf(dialect: Dialect): string {
  const [token] = operationsOf(dialect, 'token')
  const places = token ? placesOf(token, 'client_secret') : []
  return places.map((place) => PROOFS[place] ?? place).join(' or ')
}

function bodyOf(dialect: Dialect): string {
  const [token] = operationsOf(dialect, 'token')
  return PROOFS[(token && placesOf(token, 'code')[0]) ?? ''] ?? ''
}

function scopesOf(dialect: Dialect): string {
  const answered = operationsOf(dialect, 'token').flatMap((one) =>
    factsOf(one).flatMap(([fact, spot]) => (fact === 'scope' ? [spot.split(' ')[2] ?? ''] : [])),
  )
  const [first = separatorOf(dialect)] = answered
  const asked = separatorOf(dialect)
  return asked === first ? asked : `${asked}, answered ${first}`
}

function specialsOf(dialect: Dialect): string {
  const added = operationsOf(dialect, 'authorize').flatMap(({ adds = {} }) =>
    Object.entries(adds).map(([spot, value]) => `\`${spot.split(' ')[1]}=${value}\``),
  )
  const { variables = {}, presents, pkce, because } = dialect
  const { header = 'authorization', scheme = 'Bearer', adds = {} } = presents ?? {}
  const parts = Object.keys(variables).map((name) => `\`{${name}}\``)
  const tells = header !== 'authorization' || scheme !== 'Bearer'
  const statuses = operationsOf(dialect, 'token').flatMap((one) => rowsOf(one))
  return [
    ...(because === undefined ? [] : [`**for callers only**: ${because}`]),
    ...(added.length > 0 ? [`adds ${added.join(', ')}`] : []),
    ...(parts.length > 0 ? [`fill in ${parts.join(', ')}`] : []),
    ...(pkce === false ? ['no PKCE'] : []),
    ...(statuses.some(({ status }) => status === 200) ? ['refuses with 200'] : []),
    ...(tells ? [`token as \`${header}: ${scheme === '' ? '' : `${scheme} `}…\``] : []),
    ...Object.entries(adds).map(([name, value]) => `API header \`${name}: ${value}\``),
  ].join('; ')
}

function rowOf(dialect: Dialect): string {
  const { name, title, documentation } = dialect
  const cells = [
    `\`${name}\``,
    `[${title}](${documentation})`,
    proofOf(dialect),
    bodyOf(dialect),
    scopesOf(dialect),
    [...new Set(operationsOf(dialect).map(({ does }) => does))].join(', '),
    specialsOf(dialect),
  ]
  return `| ${cells.join(' | ')} |`
}

/** The table of the catalogue's dialects, as Markdown. */
export function catalogueTable(): string {
  const head = [
    '| dialect | provider, and where it says so | client’s proof | code in | scopes | operations | special |',
    '|---|---|---|---|---|---|---|',
  ]
  return [...head, ...CATALOGUE.map(rowOf)].join('\n')
}

/** The table of ways in which providers differ, as Markdown. */
export function classesTable(): string {
  const rows = CLASSES.map(({ title, isIn, why }) => {
    const names = CATALOGUE.filter((one) => isIn?.(one)).map(({ name }) => name)
    return `| ${title} | ${why ?? names.join(', ')} |`
  })
  return [
    '| what differs | where, or why a dialect has no word for it |',
    '|---|---|',
    ...rows,
  ].join('\n')
}
