// Refusals of calls as RFC 6749 has them, for the dialects that refuse so.

import { NO_STORE } from './common.ts'
import type { RefusalShape } from './dialect.ts'

/** Refusals as RFC 6749 §5.2 has them. */
export const REFUSES: RefusalShape = {
  facts: {
    error: 'json error',
    error_description: 'json error_description',
    error_uri: 'json error_uri',
  },
  otherwise: { status: 400, headers: NO_STORE },
  rows: {
    invalid_client: {
      status: 401,
      headers: { ...NO_STORE, 'www-authenticate': 'Basic realm="{issuer}"' },
    },
    server_error: { status: 500, headers: NO_STORE },
    temporarily_unavailable: { status: 503, headers: NO_STORE },
  },
}
