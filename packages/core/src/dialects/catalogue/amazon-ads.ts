// Amazon Ads: the API wants the client's id in a header of its own.

import type { Dialect } from '../dialect.ts'
import { BY_FORM, FORM_FIELDS, GOOD, PAGE, PAGE_FIELDS, TOKEN, TOKENS } from './common.ts'

/** Login with Amazon, for the advertising API. */
export const amazonAds = {
  name: 'amazon-ads',
  title: 'Amazon Ads',
  documentation: 'https://advertising.amazon.com/API/docs/en-us/guides/get-started/overview',
  servers: { production: 'https://api.amazon.com' },
  presents: { adds: { 'amazon-advertising-api-clientid': '{client_id}' } },
  pkce: false,
  policy: {},
  operations: {
    authorize: {
      ...PAGE,
      path: '/ap/oa',
      at: 'https://www.amazon.com',
      reads: { ...PAGE_FIELDS, scope: 'query scope space' },
    },
    token: {
      ...TOKEN,
      path: '/auth/o2/token',
      reads: { ...BY_FORM, ...FORM_FIELDS },
      answers: { ...GOOD, facts: TOKENS },
    },
  },
} as const satisfies Dialect
