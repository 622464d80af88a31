// Refusals of tokens as RFC 6750 has them, for the dialects that refuse so.

import { NO_STORE } from './common.ts'
import type { RefusalShape } from './dialect.ts'
import { REFUSES } from './refusals.ts'

function bearerRow(status: number) {
  return {
    status,
    headers: {
      ...NO_STORE,
      'www-authenticate': 'Bearer error="{error}", error_description="{description}"',
    },
  }
}

// RFC 6750 §3.1: a request without any token is told the scheme and nothing else.
/** Refusals of whatever takes a token (RFC 6750 §3). */
export const REFUSES_BEARER: RefusalShape = {
  ...REFUSES,
  rows: {
    ...REFUSES.rows,
    insufficient_scope: bearerRow(403),
    invalid_request: bearerRow(400),
    invalid_token: bearerRow(401),
    token_missing: {
      status: 401,
      headers: { ...NO_STORE, 'www-authenticate': 'Bearer' },
      body: false,
    },
  },
}
