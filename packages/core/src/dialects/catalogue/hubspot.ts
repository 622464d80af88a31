// HubSpot: refusals have codes in capitals, where others have a status.

import { NO_STORE } from '../common.ts'
import type { Dialect, RefusalShape } from '../dialect.ts'
import { REFUSES } from '../refusals.ts'
import { BY_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

const refuses: RefusalShape = {
  ...REFUSES,
  facts: { error: 'json status', error_description: 'json message' },
  rows: {
    ...REFUSES.rows,
    invalid_client: { status: 400, error: 'BAD_CLIENT_ID', headers: NO_STORE },
    invalid_grant: {
      status: 400,
      error: ['BAD_AUTH_CODE', 'BAD_REFRESH_TOKEN'],
      headers: NO_STORE,
    },
  },
}

/** Public apps, version 1 of the OAuth API. */
export const hubspot = {
  name: 'hubspot',
  title: 'HubSpot',
  documentation: 'https://developers.hubspot.com/docs/guides/api/app-management/oauth-tokens',
  servers: { production: 'https://api.hubapi.com' },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/oauth/authorize',
      at: 'https://app.hubspot.com',
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/oauth/v1/token',
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: { ...GOOD, facts: TOKENS },
      refuses,
    },
  },
} as const satisfies Dialect
