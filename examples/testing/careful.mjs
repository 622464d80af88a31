// The application on @patois/client: it signs somebody in, calls an API for them, and is an API.

import { connect, keep, memoryStore, Refused } from '@patois/client'
import { guard, introspectedAccess } from '@patois/client/resource'
import { standard } from '@patois/core/dialects/standard'

const connectTo = (p, dialect) =>
  connect({
    dialect,
    url: p.issuer,
    clientId: p.client.id,
    clientSecret: p.client.secret,
    redirectUri: p.client.redirectUri,
    scope: 'openid offline_access',
    fetch: p.fetch,
    now: p.clock.now,
  })

/** `store` is where its processes keep tokens together. */
export function openApp(p, { dialect = standard, store = memoryStore() } = {}) {
  const client = connectTo(p, dialect)
  const ann = keep({ client, store, name: 'ann', secrets: ['a-key-of-32-characters-or-more-1'] })
  return {
    async signIn(visit) {
      const pending = await client.authorizeUrl({ state: 'state-1' })
      const back = await visit(pending.url)
      const tokens = await client.callback(back.href, pending)
      await ann.save(tokens)
      return tokens.accessToken
    },
    async call() {
      try {
        const { ok } = await ann.fetch(`${p.issuer}/userinfo`)
        return ok ? 'fine' : 'refused'
      } catch (error) {
        const isDead = error instanceof Refused && error.meaning === 'dead'
        return isDead ? 'sign in again' : 'try again later'
      }
    },
  }
}

/** Answers the status that a request to the API gets. */
export function openApi(p, resource, needs) {
  const door = guard({
    resource,
    issuers: [p.issuer],
    verify: introspectedAccess({ client: connectTo(p, standard), resource }),
  })
  return async (authorization) => {
    const verdict = await door.check(authorization, needs)
    return 'access' in verdict ? 200 : verdict.denied.status
  }
}
