// Check: whether data out of a file is a dialect, and everything that is wrong when it is not.

import { STANDARD_SCOPES } from '../scope.ts'
import { answerFaults } from './answer-rules.ts'
import type { Dialect } from './dialect.ts'
import { type DialectDraft, type Found, type OperationDraft, when } from './draft.ts'
import { DIALECTS } from './index.ts'
import { merged } from './merge.ts'
import { pathsOverlap } from './paths.ts'
import { callFaults, requestFaults } from './request-rules.ts'
import { DIALECT_SHAPE } from './shape.ts'
import { standard } from './standard.ts'
import { type Fault, isNamed, walk } from './walk.ts'

/** A dialect, or all that is wrong with it: each fault with the path that it stands at. */
export type CheckedDialect = { ok: true; dialect: Dialect } | { ok: false; faults: string[] }

/** Claims of an ID token that say who, for whom and when: never renamed (OIDC Core §2). */
const OWN_CLAIMS = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'azp', 'nonce', 'sid'],
  ...['auth_time', 'acr', 'amr', 'at_hash', 'c_hash', 's_hash', 'cnf'],
]

/**
 * Checks plain data, as JSON and YAML hold it. `extends` names a built-in dialect that it only
 * differs from; there null takes a member away.
 */
export function checkDialect(data: unknown): CheckedDialect {
  const faults: Fault[] = []
  const whole = spread(data, faults)
  const sound = walk(DIALECT_SHAPE, whole, '', faults)
  const spoiled = faults.map(({ path }) => path)
  for (const [path, sentence] of isNamed(sound) ? dialectFaults(sound as DialectDraft) : []) {
    // What is not there because of its own fault has been said.
    if (!spoiled.some((one) => isBelow(one, path) || isBelow(path, one))) {
      faults.push({ path, sentence })
    }
  }
  if (faults.length === 0) return { ok: true, dialect: whole as Dialect }
  const lines = faults.map(({ path, sentence }) =>
    path === '' ? sentence : `${path}: ${sentence}`,
  )
  return { ok: false, faults: [...new Set(lines)] }
}

function spread(data: unknown, faults: Fault[]): unknown {
  if (!isNamed(data)) return data
  const { extends: name, $schema: _, ...own } = data
  if (name === undefined) return merged(undefined, own)
  const base = DIALECTS.find((one) => one.name === name)
  if (!base) {
    const known = DIALECTS.map((one) => one.name).join(', ')
    faults.push({ path: 'extends', sentence: `must be one of: ${known}` })
  }
  // A name and a title of its own a file must have.
  const { name: _name, title: _title, ...rest } = base ?? standard
  return merged(rest, own)
}

// At this place, or inside it.
function isBelow(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}.`) || path.startsWith(`${place}[`)
}

function dialectFaults(dialect: DialectDraft): Found {
  const operations = Object.entries(dialect.operations ?? {})
  return [
    ...scopeFaults(dialect),
    ...serverFaults(dialect),
    ...when(operations.length === 0, 'operations', 'must not be empty'),
    ...operations.flatMap(([name, operation]) =>
      operationFaults(operation, dialect).map(
        ([path, sentence]) => [`operations.${name}.${path}`, sentence] as const,
      ),
    ),
    ...(dialect.serve === false ? [] : meetings(operations)),
  ]
}

// What is not served has only to make sense to whoever calls it.
function operationFaults(operation: OperationDraft, { serve, variables }: DialectDraft): Found {
  const served = [...requestFaults(operation), ...answerFaults(operation)]
  return [...callFaults(operation, variables), ...(serve === false ? [] : served)]
}

function serverFaults({ servers = {}, variables = {}, serve, because }: DialectDraft): Found {
  const parts = (url: string) => [...url.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return [
    ...Object.entries(servers).flatMap(([name, url]) =>
      parts(url).flatMap((part) =>
        when(!Object.hasOwn(variables, part), `servers.${name}`, `has {${part}}, not in variables`),
      ),
    ),
    ...when(serve === false && because === undefined, 'because', 'is needed: say why not'),
    ...when(serve !== false && because !== undefined, 'because', 'is for serve: false only'),
  ]
}

function meetings(operations: readonly [string, OperationDraft][]): Found {
  return [
    ...operations.flatMap(([name, operation], index) => {
      const other = operations.slice(0, index).find(([, one]) => meet(one, operation))
      const sentence = `answers the same requests as operations.${other?.[0]}`
      return when(other !== undefined, `operations.${name}.path`, sentence)
    }),
  ]
}

// Whatever the methods are: a browser asks each path with OPTIONS.
function meet({ path: one }: OperationDraft, { path: other }: OperationDraft): boolean {
  return one !== undefined && other !== undefined && pathsOverlap(one, other)
}

// What a dialect says of scopes must not reach beyond the scopes that it brings along.
function scopeFaults({ scopes = {}, policy = {} }: DialectDraft): Found {
  const { implies = {}, idToken = {} } = policy
  return [
    ...Object.keys(scopes).flatMap((name) =>
      when(Object.hasOwn(STANDARD_SCOPES, name), `scopes.${name}`, 'has its sentence already'),
    ),
    ...Object.entries(implies).flatMap(([name, held]) =>
      [name, ...held].flatMap((one) =>
        when(!Object.hasOwn(scopes, one), 'policy.implies', `names ${one}, which is not in scopes`),
      ),
    ),
    ...Object.keys(idToken.claims ?? {}).flatMap((name) =>
      when(OWN_CLAIMS.includes(name), `policy.idToken.claims.${name}`, 'is not a dialect’s to say'),
    ),
  ]
}
