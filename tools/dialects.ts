// The tables of a dialect's page in the docs, out of the dialect's own data.

import type {
  AnswerSpot,
  Dialect,
  Operation,
  RefusalRow,
  Spot,
} from '../packages/core/src/dialects/dialect.ts'

type Row = readonly string[]

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function code(text: string | number | boolean): string {
  return `\`${text}\``
}

function spots(spot: Spot | AnswerSpot | readonly (Spot | AnswerSpot)[]): string {
  return [spot].flat().map(code).join(' or ')
}

function requestTable({ reads, means = {}, needs = [] }: Operation): string {
  const read = Object.entries(reads).map(([field, spot]) => {
    const needed = (needs as readonly string[]).includes(field) ? 'needed' : ''
    return [code(field), spots(spot as Spot), needed]
  })
  const meant = Object.entries(means).map(([field, value]) => [
    code(field),
    `always ${code(String(value))}`,
    '',
  ])
  if (read.length + meant.length === 0) return 'It reads nothing.'
  return table(['field', 'where', ''], [...read, ...meant])
}

function answerTable({ answers: { status, facts, says = {} } }: Operation): string {
  const constants = Object.entries(says).map(([name, value]) => [
    `always ${code(JSON.stringify(value))}`,
    code(name),
  ])
  if (facts === 'as they are') return `Answers ${status} with a JSON object.`
  const told = Object.entries(facts).map(([fact, spot]) => [code(fact), spots(spot)])
  const rows = [...told, ...constants]
  const head = `Answers ${status}.`
  return rows.length === 0 ? head : `${head}\n\n${table(['fact', 'where'], rows)}`
}

function refusalRow(name: string, row: RefusalRow): Row {
  const errors = [row.error ?? []].flat().map(code).join(' or ')
  return [name, String(row.status), errors, row.sentence ?? '']
}

function refusalTable({ refuses }: Operation): string {
  const { rows, reasons = {}, otherwise } = refuses
  const named = [...Object.entries(reasons), ...Object.entries(rows)]
  return table(
    ['refused for', 'status', 'code on the wire', 'sentence on the wire'],
    [
      ...named.flatMap(([name, row]) => (row ? [refusalRow(code(name), row)] : [])),
      refusalRow('anything else', otherwise),
    ],
  )
}

function operationPart(name: string, operation: Operation): string {
  const { does, methods, path, grants } = operation
  return [
    `### ${name}`,
    `${code(`${methods.join(' or ')} ${path}`)} does ${code(does)}${
      grants ? ` for ${grants.map(code).join(', ')}` : ''
    }.`,
    requestTable(operation),
    answerTable(operation),
    refusalTable(operation),
  ].join('\n\n')
}

function policyTable({ policy }: Dialect): string {
  const rows = Object.entries(policy).map(([name, value]) => [
    code(name),
    code(typeof value === 'object' ? JSON.stringify(value) : String(value)),
  ])
  return rows.length === 0 ? 'None.' : table(['policy', 'value'], rows)
}

/** The generated part of a dialect's page: policies, then every operation with its tables. */
export function dialectTables(dialect: Dialect): string {
  const operations = Object.entries(dialect.operations).map(([name, operation]) =>
    operationPart(name, operation),
  )
  return ['## Policies', policyTable(dialect), '## Operations', ...operations].join('\n\n')
}
