// Consent: the grant that a user gives a client, and whether one that was given covers a request.

import type { Call } from './call.ts'
import type { Client, Grant, GrantOrigin } from './records.ts'
import { covers } from './scope.ts'

/** What a grant is about. */
export type Consent = Pick<Grant, 'origin' | 'userId' | 'clientId' | 'scope' | 'resources'>

/** A grant that is given with this call, from where it came. */
export function newGrant(call: Call, id: number, consent: Consent): Grant {
  return {
    id,
    ...consent,
    createdAt: call.now,
    ...(call.address !== undefined && { address: call.address }),
    ...(call.userAgent !== undefined && { userAgent: call.userAgent }),
  }
}

/**
 * The grants that still count: of the same origin, because nobody was asked for the others, and
 * not older than the client's return.
 */
export function countingGrants(
  grants: readonly Grant[],
  client: Client,
  origin: GrantOrigin,
): Grant[] {
  return grants.filter((one) => one.origin === origin && one.createdAt >= client.tokensFrom)
}

/** The first of a user's grants that covers this scope and these resources. */
export function findCovering(
  grants: readonly Grant[],
  { scope, resources }: Pick<Consent, 'scope' | 'resources'>,
): Grant | undefined {
  return grants.find((grant) => covers(grant.scope, scope) && covers(grant.resources, resources))
}
