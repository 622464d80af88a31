// Linear: scopes with commas, the page and the API on two hosts.

import type { Dialect } from '../dialect.ts'
import { BY_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** `fields: { actor: 'app' }` at authorize acts as the app and not as the person. */
export const linear = {
  name: 'linear',
  title: 'Linear',
  documentation: 'https://linear.app/developers/oauth-2-0-authentication',
  servers: { production: 'https://api.linear.app' },
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth/authorize',
      at: 'https://linear.app',
      reads: { ...PAGE_FIELDS, scope: 'query scope comma', prompt: 'query prompt' },
    },
    token: {
      ...TOKEN,
      path: '/oauth/token',
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope loose' } },
    },
  },
} as const satisfies Dialect
