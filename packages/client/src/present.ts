// Present: calls of an API with a kept token, which is renewed when the API says that it has ended.

import type { Dialect } from '@patois/core/caller'
import { carry } from './carry.ts'
import { checkSafe } from './connection.ts'
import { fresh, type Keeper } from './renew.ts'

/** `fetch` with the kept token, which is tried once more with another when it has ended. */
export async function fetchWith(keeper: Keeper, request: Request): Promise<Response> {
  const { connection, cooldown } = keeper
  checkSafe(request.url)
  const first = await fresh(keeper)
  const response = await carry(connection, request.clone(), first.tokens)
  if (!endedStatuses(connection.dialect).includes(response.status)) return response
  // Of an API that refuses brand-new tokens too, each call would cost a refresh.
  const isKnown = keeper.known?.tokens.accessToken === first.tokens.accessToken
  if (isKnown && connection.now() - first.receivedAt < cooldown) return response
  const next = await fresh(keeper, first.tokens.accessToken)
  if (next.tokens.accessToken === first.tokens.accessToken) return response
  await response.body?.cancel()
  return carry(connection, request, next.tokens)
}

function endedStatuses({ operations }: Dialect): number[] {
  const told = Object.values(operations).map(
    ({ refuses }) => refuses.reasons?.token_expired?.status,
  )
  return [401, ...told.filter((one) => one !== undefined)]
}
