// The laws that every dialect keeps, whoever wrote it: what is read is what was written, and so on.

import {
  type Dialect,
  type FieldName,
  type Fields,
  hearAnswer,
  type Operation,
  REASONS,
  type Reason,
  readRequest,
  writeAnswer,
  writeRefusal,
  writeRequest,
} from '@patois/core'
import fc from 'fast-check'
import { expect } from 'vitest'
import { fieldSpots } from '../packages/core/src/spot.ts'
import { stationsOf } from '../packages/server/src/http/routes.ts'

const ISSUER = 'https://as.test'
const NOW = 1_800_000_000

const words = fc.uniqueArray(fc.constantFrom('a', 'b.c', 'openid', 'x-y', '%41'), { minLength: 1 })
const awkward = fc.string({ minLength: 1, unit: 'grapheme' }).filter((one) => one.isWellFormed())
const token68 = fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,20}$/)

type Spot = ReturnType<typeof fieldSpots>[number]

const valueAt = ({ place, form, name }: Spot): fc.Arbitrary<string | string[]> => {
  if (form === 'list') return fc.array(awkward, { minLength: 1 })
  if (form !== 'text') return words
  if (place === 'bearer' || place === 'authorization') return token68
  // The first colon of a raw header is where its halves part.
  if (place === 'basic-raw' && name === 'client_id')
    return awkward.filter((one) => !one.includes(':'))
  return awkward
}

/** Fields that an operation reads, with awkward values, each of them perhaps absent. */
const anyFields = (operation: Operation): fc.Arbitrary<Fields> => {
  const spots = [...fieldSpots(operation)].reverse()
  const shapes = Object.fromEntries(spots.map((spot) => [spot.field, valueAt(spot)]))
  const placesOf = (field: FieldName) =>
    spots.filter((one) => one.field === field).map(({ place }) => place)
  const inBasic = placesOf('client_id').every((place) => place.startsWith('basic'))
  return fc.record(shapes, { requiredKeys: [] }).map((fields) => {
    // Half a Basic header is no request that a client can write.
    if ('client_secret' in fields && !('client_id' in fields)) delete fields.client_secret
    if (inBasic && !('client_secret' in fields)) delete fields.client_id
    return fields as Fields
  })
}

/** L1: what a client writes is what the server reads. */
export const checkRequests = ({ operations }: Dialect, numRuns: number): void => {
  for (const operation of Object.values(operations) as Operation[]) {
    const law = fc.property(anyFields(operation), (fields) => {
      const { fields: read } = readRequest(operation, writeRequest(operation, fields))
      expect(read).toEqual({ ...fields, ...operation.means })
    })
    fc.assert(law, { numRuns })
  }
}

const at = (body: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((one, name) => (one as Record<string, unknown>)?.[name], body)

/** L1: every refusal is of the dialect's table, and its body can be read. */
export const checkRefusals = ({ operations }: Dialect): void => {
  for (const operation of Object.values(operations) as Operation[]) {
    const { facts, otherwise, rows, reasons = {}, says = {} } = operation.refuses
    const table = [otherwise, ...Object.values(rows), ...Object.values(reasons)]
    for (const [reason, { code, says: sentence, ...more }] of Object.entries(REASONS)) {
      const status = 'status' in more ? more.status : undefined
      const told = { code, sentence, reason: reason as Reason, status, at: NOW, path: '/x' }
      const answer = writeRefusal(operation, { ...told, clientId: 'c\r\nx: y' }, ISSUER)
      const statuses = [...table.map((row) => row.status), ...(status ? [status] : [])]
      expect(statuses).toContain(answer.status)
      for (const value of Object.values(answer.headers)) expect(value).not.toMatch(/[\r\n]/)
      if (answer.body === '') continue
      const body: unknown = JSON.parse(answer.body)
      for (const spot of [facts.error ?? []].flat()) {
        const own = table.flatMap(({ error }) => error ?? [])
        expect([code, ...own]).toContain(at(body, spot.split(' ')[1] ?? ''))
      }
      for (const [path, value] of Object.entries(says)) {
        if (!table.some((row) => row.says && path in row.says)) expect(at(body, path)).toBe(value)
      }
    }
  }
}

const text = fc.stringMatching(/^[\x21-\x7e]{1,20}$/)
const anyFacts = fc.record(
  {
    access_token: text,
    token_type: fc.constant('Bearer'),
    access_expires_at: fc.integer({ min: NOW - 10, max: NOW + 86_400 }),
    refresh_token: text,
    refresh_expires_at: fc.integer({ min: NOW, max: NOW + 86_400 }),
    id_token: text,
    scope: fc.oneof(words, fc.constant([])),
  },
  { requiredKeys: ['access_token', 'access_expires_at', 'scope'] },
)

/** L3: a good answer has its status and constants, and nothing in it is null. */
export const checkAnswers = ({ operations }: Dialect, numRuns: number): void => {
  for (const operation of Object.values(operations) as Operation[]) {
    if (operation.does !== 'token') continue
    const law = fc.property(anyFacts, (facts) => {
      const { status, body } = writeAnswer(operation, facts, NOW)
      const said = new Set<unknown>(Object.values(facts))
      expect(status).toBe(operation.answers.status)
      const parsed: unknown = JSON.parse(body, (_, value: unknown) => {
        expect(value).not.toBeNull()
        // A word that a fact really is may be said.
        if (!said.has(value)) expect(['undefined', 'NaN']).not.toContain(value)
        return value
      })
      for (const [path, value] of Object.entries(operation.answers.says ?? {})) {
        expect(at(parsed, path)).toBe(value)
      }
      const spot = (operation.answers.facts as Record<string, string>).access_token ?? ''
      expect(at(parsed, spot.split(' ')[1] ?? '')).toBe(facts.access_token)
    })
    fc.assert(law, { numRuns })
  }
}

/** L1: what the server answers is what a client hears, up to what the wire cannot say. */
export const checkHeard = ({ operations }: Dialect, numRuns: number): void => {
  for (const operation of Object.values(operations) as Operation[]) {
    if (operation.does !== 'token') continue
    const law = fc.property(anyFacts, (facts) => {
      const answer = writeAnswer(operation, facts, NOW)
      const heard = hearAnswer(operation, answer, NOW)
      if (heard.kind !== 'facts') throw new Error(`${heard.kind}: ${answer.body}`)
      expect(heard.facts.access_token).toBe(facts.access_token)
      expect(writeAnswer(operation, heard.facts, NOW)).toEqual(answer)
    })
    fc.assert(law, { numRuns })
  }
}

/** L1: a refusal that is heard and written again looks as it did; codes may share one form. */
export const checkHeardRefusals = ({ operations }: Dialect): void => {
  for (const operation of Object.values(operations) as Operation[]) {
    for (const [reason, { code, says: sentence, ...more }] of Object.entries(REASONS)) {
      const status = 'status' in more ? more.status : undefined
      const place = { at: NOW, path: '/x', clientId: 'c', userId: 7 }
      const told = { code, sentence, reason: reason as Reason, ...place }
      const answer = writeRefusal(operation, { ...told, status }, ISSUER)
      if (answer.body === '') continue
      const heard = hearAnswer(operation, answer, NOW)
      if (heard.kind !== 'refused') throw new Error(`${heard.kind}: ${answer.body}`)
      const again = { ...heard, sentence: heard.sentence ?? sentence, ...place }
      expect(writeRefusal(operation, again, ISSUER)).toEqual(answer)
    }
  }
}

/** L2: it stands by itself below a prefix, and never twice in one place. */
export const checkMounts = (dialect: Dialect): void => {
  const alone = stationsOf([{ dialect, at: '/a' }], '')
  expect(alone).toHaveLength(Object.keys(dialect.operations).length)
  const twice = [
    { dialect, at: '/a' },
    { dialect: { ...dialect, name: 'twin' }, at: '/a' },
  ]
  expect(() => stationsOf(twice, '')).toThrow('both answer')
  expect(() => stationsOf([{ dialect, at: '/admin' }], '')).toThrow('reserved')
}
