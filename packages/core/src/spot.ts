// Spots: the readable notation of a dialect, taken apart once and kept.

import type { AnswerSpot, Constants, Form, Operation, Spot } from './dialects/dialect.ts'
import { type FieldName, SECRET_FIELDS } from './oauth.ts'

/** The parts of a request that fields stand in. */
export type Place =
  | 'query'
  | 'form'
  | 'json'
  | 'path'
  | 'header'
  | 'basic'
  | 'basic-raw'
  | 'bearer'
  | 'authorization'

/** A field's spot, ready to read. */
export type FieldSpot = { field: FieldName; place: Place; name: string; form: Form }

/** A fact's spot, ready to write; `path` is the way through nested objects. */
export type FactSpot = { fact: string; path: readonly string[]; form: Form }

/** A constant of an answer, and the way to it through nested objects. */
export type Said = { path: readonly string[]; value: unknown }

const read = new WeakMap<Operation, readonly FieldSpot[]>()
const readings = new WeakMap<Operation, Reading>()
const written = new WeakMap<object, readonly FactSpot[]>()
const said = new WeakMap<Constants, readonly Said[]>()

function kept<K extends object, V>(known: WeakMap<K, V>, key: K, parse: () => V): V {
  const found = known.get(key)
  if (found) return found
  const parsed = parse()
  known.set(key, parsed)
  return parsed
}

function parseSpot(field: FieldName, spot: Spot): FieldSpot {
  const [place, name = '', form = 'text'] = spot.split(' ')
  return { field, place: place as Place, name, form: form as Form }
}

/** Every spot that an operation reads, in the order in which the dialect names them. */
export function fieldSpots(operation: Operation): readonly FieldSpot[] {
  return kept(read, operation, () =>
    Object.entries(operation.reads).flatMap(([field, spot]) =>
      [spot].flat().map((one) => parseSpot(field as FieldName, one as Spot)),
    ),
  )
}

/** What reading the requests of an operation takes. */
export type Reading = {
  spots: readonly FieldSpot[]
  /** Types of bodies. */
  kinds: readonly ('form' | 'json')[]
  readsBasic: boolean
  readsBearer: boolean
  /** Secrets that the query may not hold. */
  hidden: readonly FieldName[]
}

/** How an operation's requests are read. */
export function readingOf(operation: Operation): Reading {
  return kept(readings, operation, () => {
    const spots = fieldSpots(operation)
    const has = (place: Place) => spots.some((spot) => spot.place === place)
    const inQuery = spots.filter(({ place }) => place === 'query').map(({ name }) => name)
    return {
      spots,
      kinds: (['form', 'json'] as const).filter(has),
      readsBasic: has('basic') || has('basic-raw'),
      readsBearer: has('bearer'),
      hidden: SECRET_FIELDS.filter((name) => !inQuery.includes(name)),
    }
  })
}

/** A table of facts: each with one spot, or several where the wire says it more than once. */
export type FactTable = Readonly<Record<string, AnswerSpot | readonly AnswerSpot[] | undefined>>

/** Every spot of a table of facts. */
export function factSpots(facts: FactTable): readonly FactSpot[] {
  return kept(written, facts, () =>
    Object.entries(facts).flatMap(([fact, spot]) =>
      [spot ?? []].flat().map((one) => {
        const [, name = '', form = 'text'] = one.split(' ')
        return { fact, path: name.split('.'), form: form as Form }
      }),
    ),
  )
}

/** What an answer says whatever the facts are. */
export function saidSpots(constants: Constants): readonly Said[] {
  return kept(said, constants, () =>
    Object.entries(constants).map(([name, value]) => ({ path: name.split('.'), value })),
  )
}
