// OpenAPI: what dev mode is driven with, for any language, out of the table of its routes.

import { VERSION } from '../../version.ts'
import type { DevRoute, Schema } from './route.ts'

/** A call that answers something else than JSON. */
export type DevText = Pick<DevRoute, 'method' | 'path' | 'says' | 'query' | 'takes'> & {
  type: 'text/plain' | 'text/event-stream'
}

const ERROR: Schema = {
  description: 'Refused, with the reason in a sentence.',
  content: {
    'application/json': { schema: { type: 'object', properties: { error: { type: 'string' } } } },
  },
}

/** The OpenAPI 3.1 document of calls below `server`. */
export function devOpenapi(server: string, routes: readonly (DevRoute | DevText)[]): Schema {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const item = paths[route.path] ?? {}
    paths[route.path] = item
    item[route.method.toLowerCase()] = operationOf(route)
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Patois in dev mode', version: VERSION },
    servers: [{ url: server }],
    paths,
  }
}

function operationOf(route: DevRoute | DevText): Schema {
  const { method, path, says, query = [], takes } = route
  const text = { type: 'string' }
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true })),
    ...query.map((name) => ({ name, in: 'query' })),
  ].map((parameter) => ({ ...parameter, schema: text }))
  return {
    operationId: `${method.toLowerCase()}${path.replace(/\W+/g, '_').replace(/_$/, '')}`,
    summary: says,
    ...(parameters.length > 0 && { parameters }),
    ...(method === 'POST' && { requestBody: { required: true, content: json(takes ?? {}) } }),
    responses: { 200: { description: 'Done.', content: contentOf(route) }, default: ERROR },
  }
}

function contentOf(route: DevRoute | DevText): Schema {
  if ('type' in route) return { [route.type]: { schema: { type: 'string' } } }
  return json(route.answers)
}

function json(properties: Schema): Schema {
  return { 'application/json': { schema: { type: 'object', properties } } }
}
