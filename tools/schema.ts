// Writes the JSON Schema of dialect files, from the shape that the checker walks over.

import { DIALECTS } from '../packages/core/src/dialects/index.ts'
import {
  DIALECT_SHAPE,
  NAMED_SHAPES,
  type Names,
  type Shape,
} from '../packages/core/src/dialects/shape.ts'

/** Where the schema stands. */
export const SCHEMA_FILE = new URL('../packages/core/schema/dialect.schema.json', import.meta.url)

type Schema = Record<string, unknown>

const names = new Map<Shape, string>(
  Object.entries(NAMED_SHAPES).map(([name, shape]) => [shape, name]),
)

function schemaOf(shape: Shape): Schema {
  const name = names.get(shape)
  return name === undefined ? ownSchema(shape) : { $ref: `#/$defs/${name}` }
}

function ownSchema(shape: Shape): Schema {
  switch (shape.is) {
    case 'text':
      return {
        type: 'string',
        ...(shape.pattern && { pattern: shape.pattern }),
        description: shape.says,
      }
    case 'whole':
      return { type: 'integer', minimum: shape.least, maximum: shape.most }
    case 'flag':
      return { type: 'boolean' }
    case 'scalar':
      return { type: ['string', 'number', 'boolean'] }
    case 'one of':
      return { enum: [...shape.values] }
    case 'list':
      return {
        type: 'array',
        items: schemaOf(shape.of),
        ...(shape.least && { minItems: shape.least }),
      }
    case 'some':
      return {
        anyOf: [schemaOf(shape.of), { type: 'array', items: schemaOf(shape.of), minItems: 1 }],
      }
    case 'word or':
      return { anyOf: [{ const: shape.word }, schemaOf(shape.of)] }
    case 'members':
      return membersSchema(shape)
    case 'table':
      return {
        type: 'object',
        propertyNames: namesSchema(shape.names),
        additionalProperties: orNull(shape.of),
      }
  }
}

function namesSchema(names: Names): Schema {
  return 'pattern' in names ? { pattern: names.pattern } : { enum: [...names] }
}

// Null takes a member of the base away.
function orNull(shape: Shape): Schema {
  return { anyOf: [schemaOf(shape), { type: 'null' }] }
}

function membersSchema({ members }: Extract<Shape, { is: 'members' }>): Schema {
  const properties = Object.entries(members).map(([name, shape]) => [name, orNull(shape)])
  return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false }
}

/** The schema: of a whole dialect, or of one that extends a built-in one and may lack what that has. */
export function dialectSchema(): Schema {
  const { properties } = membersSchema(DIALECT_SHAPE) as { properties: Schema }
  const { needs } = DIALECT_SHAPE
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A dialect of Patois',
    description:
      'How one provider’s OAuth looks on the wire. What depends on several members is checked by `patois dialect check`.',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      extends: { enum: DIALECTS.map(({ name }) => name) },
      ...properties,
    },
    additionalProperties: false,
    required: ['name', 'title'],
    if: { required: ['extends'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {},
    else: { required: [...needs] },
    $defs: Object.fromEntries(
      Object.entries(NAMED_SHAPES).map(([name, shape]) => [name, ownSchema(shape)]),
    ),
  }
}

/** The schema as it stands in its file. */
export function schemaText(): string {
  return `${JSON.stringify(dialectSchema(), null, 2)}\n`
}
