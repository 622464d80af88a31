// The configuration of the Patois that is measured: what users run, with the clients of all servers.

import { CLIENTS, LIFETIMES, REDIRECT_URI, SCOPE, USER } from '../given.ts'

/** The configuration file as an object, for a server at this port. */
export function configurationFor(port: number, database: string, more: object = {}) {
  return {
    issuer: `http://127.0.0.1:${port}`,
    listen: { port },
    database,
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
