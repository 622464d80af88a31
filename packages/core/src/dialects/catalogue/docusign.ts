// DocuSign: a server for trying out, and an API whose address the person's accounts say.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { BY_BASIC, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** Confidential authorization code grant; `userinfo` says each account’s `base_uri`. */
export const docusign = {
  name: 'docusign',
  title: 'DocuSign',
  documentation: 'https://developers.docusign.com/platform/auth/authcode/',
  servers: {
    production: 'https://account.docusign.com',
    demo: 'https://account-d.docusign.com',
  },
  policy: { userinfo: 'any' },
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth/auth',
      reads: {
        ...PAGE_FIELDS,
        scope: 'query scope space',
        prompt: 'query prompt',
        login_hint: 'query login_hint',
      },
    },
    token: {
      ...TOKEN,
      path: '/oauth/token',
      reads: { ...BY_BASIC, ...FORM_FIELDS },
      answers: { ...GOOD, facts: { ...TOKENS, scope: 'json scope space' } },
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/oauth/userinfo',
      reads: { access_token: 'bearer token' },
      answers: AS_THEY_ARE,
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
