// Salesforce: the answer says where the API is, and never when the token ends.

import { REFUSES_BEARER } from '../bearer-refusals.ts'
import { AS_THEY_ARE } from '../common.ts'
import type { Dialect } from '../dialect.ts'
import { BY_FORM, CALL, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN } from './common.ts'

/** `extra.instance_url` is where the API is. */
export const salesforce = {
  name: 'salesforce',
  title: 'Salesforce',
  documentation:
    'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_web_server_flow.htm',
  servers: { production: 'https://login.salesforce.com', sandbox: 'https://test.salesforce.com' },
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/services/oauth2/authorize',
      reads: {
        ...PAGE_FIELDS,
        scope: 'query scope space',
        nonce: 'query nonce',
        prompt: 'query prompt',
        login_hint: 'query login_hint',
        display: 'query display',
      },
    },
    token: {
      ...TOKEN,
      path: '/services/oauth2/token',
      grants: ['authorization_code', 'refresh_token', 'client_credentials'],
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: {
        ...GOOD,
        facts: {
          access_token: 'json access_token',
          token_type: 'json token_type',
          refresh_token: 'json refresh_token',
          scope: 'json scope space',
          id_token: 'json id_token',
        },
      },
    },
    introspect: {
      ...CALL,
      does: 'introspect',
      path: '/services/oauth2/introspect',
      reads: { ...BY_FORM, token: 'form token', token_type_hint: 'form token_type_hint' },
      answers: AS_THEY_ARE,
    },
    userinfo: {
      does: 'userinfo',
      methods: ['GET'],
      path: '/services/oauth2/userinfo',
      reads: { access_token: 'bearer token' },
      answers: AS_THEY_ARE,
      refuses: REFUSES_BEARER,
    },
  },
} as const satisfies Dialect
