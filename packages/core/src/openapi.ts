// OpenAPI: a dialect's operations as an OpenAPI 3.1 document, out of the same data.

import type { AnswerShape, Dialect, Form, Operation, RefusalShape } from './dialects/dialect.ts'
import type { FieldName } from './oauth.ts'
import { type FieldSpot, factSpots, fieldSpots, type Place } from './spot.ts'

type Schema = { [name: string]: unknown }

const PARAMETERS: Partial<Record<Place, string>> = {
  query: 'query',
  path: 'path',
  header: 'header',
}
const BODIES = { form: 'application/x-www-form-urlencoded', json: 'application/json' } as const

const FORMS: Partial<Record<Form, Schema>> = {
  list: { type: 'array', items: { type: 'string' } },
  array: { type: 'array', items: { type: 'string' } },
  seconds: { type: 'integer', description: 'Seconds from now.' },
  numstr: { type: 'string', description: 'Seconds from now.' },
  unix: { type: 'integer', description: 'Seconds since 1970.' },
  unix_ms: { type: 'integer', description: 'Milliseconds since 1970.' },
  iso: { type: 'string', format: 'date-time' },
}

function schemaOf(form: Form): Schema {
  return FORMS[form] ?? { type: 'string' }
}

function describe({ field, form }: FieldSpot): string {
  const spelled = form === 'text' ? '' : `, spelled as ${form}`
  return `The field ${field}${spelled}.`
}

function parametersOf(operation: Operation): Schema[] {
  return fieldSpots(operation).flatMap((spot) => {
    const place = PARAMETERS[spot.place]
    if (!place) return []
    const required = place === 'path' || (operation.needs ?? []).includes(spot.field)
    const { name } = spot
    return [{ name, in: place, required, description: describe(spot), schema: schemaOf(spot.form) }]
  })
}

function bodyOf(operation: Operation): Schema | undefined {
  const kinds = (['form', 'json'] as const).filter((kind) =>
    fieldSpots(operation).some(({ place }) => place === kind),
  )
  if (kinds.length === 0 || !operation.methods.includes('POST')) return undefined
  const content = kinds.map((kind) => {
    const spots = fieldSpots(operation).filter(({ place }) => place === kind)
    const properties = Object.fromEntries(
      spots.map((spot) => [spot.name, { ...schemaOf(spot.form), description: describe(spot) }]),
    )
    const needed = spots.filter(({ field }) => isNeeded(operation, field)).map(({ name }) => name)
    const required = needed.length > 0 ? { required: needed } : {}
    return [BODIES[kind], { schema: { type: 'object', properties, ...required } }] as const
  })
  return { content: Object.fromEntries(content) }
}

function isNeeded({ does, means, needs = [] }: Operation, field: FieldName): boolean {
  if (field === 'grant_type') return does === 'token' && means?.grant_type === undefined
  return needs.includes(field)
}

/** Puts a property's schema at the end of a dotted path; a number in it is a place in a list. */
function put(schema: Schema, path: readonly string[], value: Schema): void {
  const [name = '', ...rest] = path
  if (/^\d+$/.test(name)) {
    const items = (schema.items as Schema | undefined) ?? { type: 'object' }
    Object.assign(schema, { type: 'array', items: rest.length === 0 ? value : items })
    if (rest.length > 0) put(items, rest, value)
    return
  }
  schema.properties ??= {}
  const properties = schema.properties as Record<string, Schema>
  if (rest.length === 0) properties[name] = value
  else {
    properties[name] ??= { type: 'object' }
    put(properties[name], rest, value)
  }
}

function answerSchema({ facts, says = {} }: AnswerShape): Schema {
  const schema: Schema = { type: 'object' }
  if (facts !== 'as they are') {
    for (const { fact, path, form } of factSpots(facts)) {
      put(schema, path, { ...schemaOf(form), title: fact })
    }
  }
  for (const [name, value] of Object.entries(says)) put(schema, name.split('.'), { const: value })
  return schema
}

function refusalSchema({ facts, says = {} }: RefusalShape): Schema {
  const schema: Schema = { type: 'object' }
  for (const { path, form, fact } of factSpots(facts)) {
    put(schema, path, fact === 'status' ? { type: 'integer' } : schemaOf(form))
  }
  for (const [name, value] of Object.entries(says)) put(schema, name.split('.'), { const: value })
  return schema
}

function responsesOf({ answers, refuses }: Operation): Schema {
  const rows = [...Object.values(refuses.rows), ...Object.values(refuses.reasons ?? {})]
  const statuses = [refuses.otherwise, ...rows].map((row) => row?.status ?? 400)
  const refused = {
    description: 'Refused.',
    content: { 'application/json': { schema: refusalSchema(refuses) } },
  }
  const isRedirect = answers.status >= 300 && answers.status < 400
  const done = isRedirect
    ? { description: 'Leads on.', headers: { location: { schema: { type: 'string' } } } }
    : { description: 'Done.', content: { 'application/json': { schema: answerSchema(answers) } } }
  return {
    [answers.status]: done,
    ...Object.fromEntries([...new Set(statuses)].sort().map((status) => [status, refused])),
  }
}

/** How a caller proves itself or presents a token, where that is in the Authorization header. */
function securityOf(operation: Operation): Schema[] {
  const places = fieldSpots(operation).map(({ place }) => place)
  return [
    ...(places.some((place) => place.startsWith('basic')) ? [{ basic: [] }] : []),
    ...(places.some((place) => place === 'bearer' || place === 'authorization')
      ? [{ bearer: [] }]
      : []),
  ]
}

/** The OpenAPI 3.1 document of a dialect whose operations stand below each of `servers`. */
export function openapi(dialect: Dialect, servers: readonly string[]): Schema {
  const paths: Record<string, Schema> = {}
  for (const [name, operation] of Object.entries(dialect.operations)) {
    const body = bodyOf(operation)
    const security = securityOf(operation)
    for (const method of operation.methods) {
      const item = paths[operation.path] ?? {}
      paths[operation.path] = item
      item[method.toLowerCase()] = {
        operationId: operation.methods.length > 1 ? `${name}_${method.toLowerCase()}` : name,
        summary: operation.does,
        parameters: parametersOf(operation),
        ...(body && method === 'POST' && { requestBody: body }),
        ...(security.length > 0 && { security }),
        responses: responsesOf(operation),
      }
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: dialect.title, version: '1' },
    servers: servers.map((url) => ({ url })),
    paths,
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  }
}
