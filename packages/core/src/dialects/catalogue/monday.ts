// monday.com: tokens that do not end, and an API that wants them without a word in front.

import type { Dialect } from '../dialect.ts'
import { BY_FORM, GOOD, PAGE, PAGE_FIELDS, TOKEN } from './common.ts'

/** A token lives until the app is uninstalled. */
export const monday = {
  name: 'monday',
  title: 'monday.com',
  documentation: 'https://developer.monday.com/apps/docs/oauth',
  servers: { production: 'https://auth.monday.com' },
  presents: { scheme: '' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth2/authorize',
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/oauth2/token',
      grants: ['authorization_code'],
      reads: {
        ...BY_FORM,
        grant_type: 'form grant_type',
        code: 'form code',
        redirect_uri: 'form redirect_uri',
        code_verifier: 'form code_verifier',
      },
      answers: {
        ...GOOD,
        facts: {
          access_token: 'json access_token',
          token_type: 'json token_type',
          scope: 'json scope space',
        },
      },
    },
  },
} as const satisfies Dialect
