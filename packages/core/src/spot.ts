// Spots: the readable notation of a dialect, taken apart once and kept.

import type { AnswerSpot, Form, Operation, Spot } from './dialects/dialect.ts'
import type { FieldName } from './oauth.ts'

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

const read = new WeakMap<Operation, readonly FieldSpot[]>()
const written = new WeakMap<object, readonly FactSpot[]>()

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
