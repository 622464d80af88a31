// Rules for what an operation answers: each thing in a place of its own, statuses that mean what they say.

import { REASONS } from '../refusal.ts'
import {
  type Found,
  type OperationDraft,
  type RowDraft,
  type Spots,
  spotsOf,
  when,
} from './draft.ts'
import { LIST_FORMS, TIME_FORMS } from './lists.ts'

type RefusalDraft = NonNullable<OperationDraft['refuses']>

type Said = Readonly<Record<string, unknown>>

const REDIRECTS = ['authorize', 'logout']
const PUBLIC = ['jwks', 'metadata']
const FAILURES = ['server_error', 'temporarily_unavailable']

/** The facts of operations that a dialect arranges (RFC 6749 §4.1.2, §5.1; RFC 9207). */
const FACTS: Readonly<Record<string, readonly string[]>> = {
  authorize: ['code', 'scope', 'error', 'error_description', 'state', 'iss'],
  token: [
    'access_token',
    'token_type',
    'access_expires_at',
    'refresh_token',
    'refresh_expires_at',
    'id_token',
    'scope',
  ],
}

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  authorize: ['code'],
  token: ['access_token'],
}

/** All that is wrong with what an operation answers, below the operation's path. */
export function answerFaults(operation: OperationDraft): Found {
  return [
    ...factFaults(operation),
    ...statusFaults(operation),
    ...headerFaults(operation),
    ...refusalFaults(operation),
  ]
}

function factFaults({ does = '', isCall, answers = {} }: OperationDraft): Found {
  const { facts = {}, says = {} } = answers
  const known = FACTS[does]
  const place = does === 'authorize' ? 'query' : 'json'
  if (facts === 'as they are') {
    return when(known !== undefined, 'answers.facts', 'must say where each fact stands')
  }
  const spots = spotsOf(facts)
  const needed = [...(NEEDED[does] ?? []), ...(does === 'authorize' && !isCall ? ['state'] : [])]
  return [
    ...spots.flatMap((spot) => {
      const path = `answers.facts.${spot.owner}`
      return [
        ...when(spot.place !== place, path, `must stand in the ${place}`),
        ...when(known?.includes(spot.owner) === false, path, `is none of: ${known?.join(', ')}`),
        ...formFault(does, spot.owner, spot.form, path),
      ]
    }),
    ...needed
      .filter((name) => !Object.hasOwn(facts, name))
      .map((name) => [`answers.facts.${name}`, 'is needed'] as const),
    ...clashes(namesOf(facts), Object.keys(says), 'answers'),
  ]
}

function formFault(does: string, fact: string, form: string, path: string): Found {
  const arranged = Object.hasOwn(FACTS, does)
  if (arranged && fact === 'scope') {
    return when(!LIST_FORMS.includes(form), path, `must have the form of a list`)
  }
  if (arranged && fact.endsWith('_expires_at')) {
    return when(!TIME_FORMS.includes(form), path, 'must have the form of a time')
  }
  return when(form !== 'text', path, `has no form ${form}`)
}

function namesOf(spots: Spots): string[] {
  return spotsOf(spots).map(({ name }) => name)
}

// What stands in one place, or inside what is a text already, would overwrite or break the other.
function clashes(facts: readonly string[], says: readonly string[], path: string): Found {
  const names = [...facts.map((name) => [name, 'facts']), ...says.map((name) => [name, 'says'])]
  return names.flatMap(([name = '', member], index) => {
    const other = names
      .slice(0, index)
      .find(([one = '']) => `${one}.`.startsWith(`${name}.`) || `${name}.`.startsWith(`${one}.`))
    return when(other !== undefined, `${path}.${member}`, `has ${name} where ${other?.[0]} stands`)
  })
}

function statusFaults({ does = '', answers = {} }: OperationDraft): Found {
  const { status } = answers
  if (status === undefined) return []
  const goesOn = REDIRECTS.includes(does)
  return [
    ...when(goesOn && ![302, 303].includes(status), 'answers.status', 'must be 302 or 303'),
    ...when(!goesOn && status > 203, 'answers.status', 'must be from 200 to 203'),
  ]
}

function headerFaults({ does = '', answers = {}, refuses = {} }: OperationDraft): Found {
  if (PUBLIC.includes(does)) return []
  const { otherwise, rows = {}, reasons = {} } = refuses
  const places: [string, RowDraft | undefined][] = [
    ['answers', answers],
    ['refuses.otherwise', otherwise],
    ...Object.entries(rows).map(([name, row]): [string, RowDraft] => [`refuses.rows.${name}`, row]),
    ...Object.entries(reasons).map(([name, row]): [string, RowDraft] => [
      `refuses.reasons.${name}`,
      row,
    ]),
  ]
  const stated = places.flatMap(([path, row]) => {
    const control = row?.headers?.['cache-control']
    const bad = control !== undefined && !/\bno-store\b/.test(control)
    return when(bad, `${path}.headers.cache-control`, 'must be no-store')
  })
  const missing = does === 'token' && answers.headers?.['cache-control'] === undefined
  return [...stated, ...when(missing, 'answers.headers', 'must say cache-control: no-store')]
}

function refusalFaults({ refuses = {} }: OperationDraft): Found {
  const { facts = {}, says = {}, otherwise, rows = {}, reasons = {} } = refuses
  const codeOf = (reason: string) => REASONS[reason as keyof typeof REASONS]?.code
  return [
    ...clashes(namesOf(facts), Object.keys(says), 'refuses'),
    ...spotsOf(facts).flatMap(({ owner, place, form }) => [
      ...when(place !== 'json', `refuses.facts.${owner}`, 'must stand in the json'),
      ...when(
        owner === 'at' ? !['unix', 'unix_ms', 'iso'].includes(form) : form !== 'text',
        `refuses.facts.${owner}`,
        owner === 'at' ? 'must be unix, unix_ms or iso' : `has no form ${form}`,
      ),
    ]),
    ...rowFaults(otherwise, 'refuses.otherwise', undefined, facts),
    ...Object.entries(rows).flatMap(([code, row]) =>
      rowFaults(row, `refuses.rows.${code}`, code, facts),
    ),
    ...Object.entries(reasons).flatMap(([reason, row]) =>
      rowFaults(row, `refuses.reasons.${reason}`, codeOf(reason), facts),
    ),
    ...toldFaults(refuses, codeOf),
  ]
}

// Whoever hears a refusal must be able to tell that it is one, and which.
function toldFaults(
  { facts = {}, says = {}, otherwise, rows = {}, reasons = {} }: RefusalDraft,
  codeOf: (reason: string) => string | undefined,
): Found {
  const tells = Object.hasOwn(facts, 'error') || Object.keys(says).length > 0
  const all: [string, RowDraft | undefined, string | undefined][] = [
    ['otherwise', otherwise, undefined],
    ...Object.entries(rows).map(([code, row]) => [`rows.${code}`, row, undefined] as const),
    ...Object.entries(reasons).map(
      ([reason, row]) => [`reasons.${reason}`, row, codeOf(reason)] as const,
    ),
  ].map(([path, row, code]) => [`refuses.${path}`, row as RowDraft, code as string | undefined])
  return all.flatMap(([path, row, code]) => {
    const { status = 400 } = row ?? {}
    const isGood = status < 400
    const isOther = row?.code !== undefined && row.code !== code
    return [
      ...when(isGood && !(status === 200 && tells), `${path}.status`, 'must be 400 or more'),
      ...when(isOther, `${path}.code`, code ? `must be ${code}` : 'is for reasons only'),
    ]
  })
}

function rowFaults(
  row: RowDraft | undefined,
  path: string,
  code: string | undefined,
  facts: Spots,
): Found {
  if (!row) return []
  const { status = 400, sentence = '', headers = {}, says = {} as Said } = row
  const isBlame = status >= 500 && !FAILURES.includes(code ?? '')
  const carries = Object.values(headers).some((value) => value.includes('{description}'))
  return [
    ...when(isBlame, `${path}.status`, `must be below 500: the caller is at fault`),
    ...when(
      carries && sentence.includes('{client_id}'),
      `${path}.sentence`,
      'must not bring {client_id} into a header',
    ),
    ...clashes(namesOf(facts), Object.keys(says), path),
  ]
}
