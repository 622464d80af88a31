// Sentry: paths end with a slash, and the answer says who the token is for.

import type { Dialect } from '../dialect.ts'
import { BY_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** `extra.user` is who signed in. */
export const sentry = {
  name: 'sentry',
  title: 'Sentry',
  documentation: 'https://docs.sentry.io/api/auth/',
  servers: { production: 'https://sentry.io' },
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth/authorize/',
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/oauth/token/',
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope space' } },
    },
  },
} as const satisfies Dialect
