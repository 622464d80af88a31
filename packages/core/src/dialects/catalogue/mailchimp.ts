// Mailchimp: tokens never end and say that they end in 0 seconds; where the API is, a call says.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { BY_FORM, GOOD, PAGE, PAGE_FIELDS, TOKEN } from './common.ts'

/** `userinfo` says the `dc` and the `api_endpoint` of the account. */
export const mailchimp = {
  name: 'mailchimp',
  title: 'Mailchimp',
  documentation: 'https://mailchimp.com/developer/marketing/guides/access-user-data-oauth-2/',
  servers: { production: 'https://login.mailchimp.com' },
  presents: { scheme: 'OAuth' },
  pkce: false,
  policy: { userinfo: 'any' },
  operations: {
    authorize: { ...PAGE, path: '/oauth2/authorize', reads: PAGE_FIELDS },
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
      answers: { ...GOOD, facts: { access_token: 'json access_token' } },
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/oauth2/metadata',
      reads: { access_token: 'bearer token' },
      answers: AS_THEY_ARE,
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
