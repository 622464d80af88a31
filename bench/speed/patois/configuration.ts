// The configuration of the Patois that is measured: all that users may turn on is on.

import { CLIENTS, LIFETIMES, REDIRECT_URI, SCOPE, USER } from '../given.ts'

/** Where a server listens, and where its database lies. */
export type Configured = { port: number; metricsPort: number; database: string }

/** The configuration file as an object, for a server at this port. */
export function configurationFor(place: Configured, more: object = {}) {
  const { port, metricsPort, database } = place
  return {
    issuer: `http://127.0.0.1:${port}`,
    listen: { port },
    database,
    metrics: { listen: `127.0.0.1:${metricsPort}` },
    scopes: { 'api.read': 'Read your data' },
    clients: CLIENTS.map(({ id, secret, accessToken }) => ({
      client_id: id,
      client_secret: secret,
      client_name: id,
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials', 'password'],
      scope: SCOPE.codes,
      access_token: accessToken,
      id_token_signed_response_alg: 'ES256',
    })),
    users: [{ username: USER.name, password: USER.password, claims: { email: USER.email } }],
    lifetimes: { access_token: LIFETIMES.access, refresh_token: LIFETIMES.refresh },
    ...more,
  }
}
