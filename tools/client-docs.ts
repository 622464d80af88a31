// The tables of the client's pages about providers: every call, parameter and header, out of the data.

import type { Dialect, Operation, Spot } from '../packages/core/src/dialects/dialect.ts'

type Row = readonly string[]

/** Fields that the client fills in by itself. */
const OWN = [
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'grant_type',
  'response_type',
  'code_challenge',
  'code_challenge_method',
]

const METHODS: Readonly<Record<string, string>> = {
  authorization_code: 'exchange',
  refresh_token: 'refresh',
  client_credentials: 'clientCredentials',
  password: 'password',
}

/** What each grant type sends of its own, and cannot do without. */
const GRANTS: Readonly<Record<string, { takes: readonly string[]; needs: readonly string[] }>> = {
  authorization_code: {
    takes: ['code', 'redirect_uri', 'code_verifier', 'state'],
    needs: ['code'],
  },
  refresh_token: { takes: ['refresh_token'], needs: ['refresh_token'] },
  client_credentials: { takes: [], needs: [] },
  password: { takes: ['username', 'password'], needs: ['username', 'password'] },
}

const DEEDS: Readonly<Record<string, readonly string[]>> = {
  revoke: ['token'],
  introspect: ['token'],
  userinfo: ['access_token'],
}

// A page's challenge is made with its link; that of a call is the caller's.
function isOwn({ isCall }: Operation, field: string): boolean {
  return OWN.includes(field) && !(isCall && field.startsWith('code_challenge'))
}

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function code(text: string): string {
  return `\`${text}\``
}

function camel(field: string): string {
  return field.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
}

function first(spot: Spot | readonly Spot[] | undefined): string {
  return String([spot ?? ''].flat()[0])
}

function grantsOf({ does, grants, reads }: Operation): readonly string[] {
  if (does !== 'token') return []
  return (
    grants ?? Object.keys(GRANTS).filter((name) => GRANTS[name]?.needs.every((one) => one in reads))
  )
}

/** Every field that a call takes, and for which grant types it is needed; `all` for each of them. */
function parametersOf(operation: Operation, meant: readonly string[]): Row[] {
  const { does, reads, needs = [] } = operation
  const others = Object.values(GRANTS).flatMap(({ takes }) => takes)
  const mine = meant.flatMap((grant) => GRANTS[grant]?.takes ?? [])
  const fields = Object.keys(reads).filter(
    (field) =>
      !isOwn(operation, field) &&
      (does !== 'token' || mine.includes(field) || !others.includes(field)),
  )
  return fields.map((field) => {
    const by = meant.filter((grant) => GRANTS[grant]?.needs.includes(field))
    const always = (needs as readonly string[]).includes(field) || DEEDS[does]?.includes(field)
    const some = by.length === meant.length ? 'needed' : `needed for ${by.map(code).join(', ')}`
    const need = always ? 'needed' : by.length > 0 ? some : ''
    return [code(camel(field)), need, code(first(reads[field as keyof Operation['reads']]))]
  })
}

function ownRows(operation: Operation): Row[] {
  const { reads, means = {}, adds = {} } = operation
  const fields = Object.keys(reads).filter((field) => isOwn(operation, field) && !(field in means))
  const own = fields.map((field) => [
    code(camel(field)),
    'by the client',
    code(first(reads[field as keyof Operation['reads']])),
  ])
  const added = Object.entries(adds).map(([spot, value]) => [
    code(value),
    'by the client',
    code(spot),
  ])
  return [...own, ...added]
}

function namePart(operation: Operation, name: string, grant: string): string {
  const { methods, path, does, headers = [] } = operation
  const meant = does !== 'token' ? [] : grant === 'any' ? grantsOf(operation) : [grant]
  const plain = meant.map((one) => code(METHODS[one] ?? one))
  const alike = does === 'token' ? plain.join(' or ') : code(does)
  const choice: Row[] =
    grant === 'any' && does === 'token'
      ? [[code('grantType'), 'needed', meant.map((one) => code(`'${one}'`)).join(' or ')]]
      : []
  const own = ownRows(operation).filter(([shown]) => choice.length === 0 || shown !== '`grantType`')
  const rows = [...choice, ...parametersOf(operation, meant), ...own]
  const sent = headers.map((one) => [code(one)])
  return [
    `### ${name}`,
    `${code(`${methods[0]} ${path}`)}, the same as ${alike}.`,
    table(['parameter', '', 'travels as'], rows),
    ...(sent.length > 0 ? [table(['header of `options.headers`'], sent)] : []),
  ].join('\n\n')
}

/** The generated part of a provider's page: each of its SDKs' calls with all that it takes. */
export function clientTables(dialect: Dialect): string {
  const servers = Object.entries(dialect.servers ?? {}).map(([name, url]) => [code(name), url])
  const parts = Object.values(dialect.operations).flatMap((operation) =>
    Object.entries(operation.names ?? {}).map(([name, grant]) => namePart(operation, name, grant)),
  )
  const where = servers.length > 0 ? [`## Servers`, table(['environment', 'address'], servers)] : []
  return `\n${[...where, '## Calls', ...parts].join('\n\n')}\n`
}
