// Scopes and resources of the configuration file.

import type { Resource, Scope } from '@patois/core'
import { z } from 'zod'

const SCOPE_NAME = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** The members of a scope, or just its sentence. */
export const scopeShape = z
  .union(
    [
      z.string().transform((sentence) => ({ sentence })),
      z.strictObject({ sentence: z.string().optional(), claims: z.array(z.string()).optional() }),
    ],
    'must be a sentence or { sentence, claims }',
  )
  .transform(
    (scope): Scope => ({
      ...(scope.sentence === undefined ? {} : { sentence: scope.sentence }),
      claims: 'claims' in scope ? (scope.claims ?? []) : [],
    }),
  )

/** What is wrong with a scope's name (RFC 6749 §3.3); undefined when nothing. */
export function scopeNameFault(name: string): string | undefined {
  return SCOPE_NAME.test(name)
    ? undefined
    : 'is no name for a scope: no spaces, quotes, backslashes'
}

/** The members of a resource (RFC 8707 §2). */
export const resourceShape = z
  .strictObject({
    resource: z.string().refine(isResource, 'must be an absolute URI without a fragment'),
    scopes: z.array(z.string()).optional(),
    access_token: z.enum(['jwt', 'opaque']).optional(),
    introspected_by: z.array(z.string()).default([]),
  })
  .transform(
    ({ scopes, access_token, ...resource }): Resource => ({
      ...resource,
      ...(scopes === undefined ? {} : { scopes }),
      ...(access_token === undefined ? {} : { access_token }),
    }),
  )

function isResource(uri: string): boolean {
  return /^[a-z][a-z0-9+.-]*:[\x21\x22\x24-\x7e]+$/i.test(uri) && URL.canParse(uri)
}
