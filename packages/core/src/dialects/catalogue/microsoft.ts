// Microsoft Entra: the tenant stands in the path.

import type { Dialect } from '../dialect.ts'
import { BY_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** `variables: { tenant }` is a tenant's id or domain, or one of common, organizations, consumers. */
export const microsoft = {
  name: 'microsoft',
  title: 'Microsoft Entra',
  documentation:
    'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow',
  servers: { production: 'https://login.microsoftonline.com' },
  variables: { tenant: 'common' },
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/{tenant}/oauth2/v2.0/authorize',
      reads: {
        ...PAGE_FIELDS,
        scope: 'query scope space',
        nonce: 'query nonce',
        prompt: 'query prompt',
        login_hint: 'query login_hint',
        response_mode: 'query response_mode',
      },
    },
    token: {
      ...TOKEN,
      path: '/{tenant}/oauth2/v2.0/token',
      grants: ['authorization_code', 'refresh_token', 'client_credentials'],
      reads: { ...BY_FORM, ...FORM_FIELDS, scope: 'form scope space' },
      answers: {
        ...GOOD,
        facts: { ...TOKENS, scope: 'json scope space', id_token: 'json id_token' },
      },
    },
  },
} as const satisfies Dialect
