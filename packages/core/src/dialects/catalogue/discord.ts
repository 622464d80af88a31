// Discord: the standard with a proof in the header or in the form.

import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import {
  BY_BASIC_OR_FORM,
  CALL,
  FORM_FIELDS,
  GOOD,
  PAGE,
  PAGE_FIELDS,
  TOKEN,
  TOKENS,
} from './common.ts'

/** What came of the `bot` and `webhook.incoming` scopes stands in `extra`. */
export const discord = {
  name: 'discord',
  title: 'Discord',
  documentation: 'https://discord.com/developers/docs/topics/oauth2',
  servers: { production: 'https://discord.com' },
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth2/authorize',
      reads: { ...PAGE_FIELDS, scope: 'query scope space', prompt: 'query prompt' },
    },
    token: {
      ...TOKEN,
      path: '/api/oauth2/token',
      grants: ['authorization_code', 'refresh_token', 'client_credentials'],
      reads: { ...BY_BASIC_OR_FORM, ...FORM_FIELDS, scope: 'form scope space' },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope space' } },
    },
    revoke: {
      ...CALL,
      does: 'revoke',
      path: '/api/oauth2/token/revoke',
      reads: {
        ...BY_BASIC_OR_FORM,
        token: 'form token',
        token_type_hint: 'form token_type_hint',
      },
      answers: AS_THEY_ARE,
    },
  },
} as const satisfies Dialect
