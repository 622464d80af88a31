// Present: calls of an API with a kept token, which is renewed when the API says that it has ended.

import type { Dialect } from '@patois/core/caller'
import { checkSafe } from './connection.ts'
import { fresh, type Keeper } from './renew.ts'
import type { Tokens } from './tokens.ts'

/** `fetch` with the kept token, which is tried once more with another when it has ended. */
export async function fetchWith(keeper: Keeper, request: Request): Promise<Response> {
  const { connection, cooldown } = keeper
  checkSafe(request.url)
  const first = await fresh(keeper)
  const response = await present(keeper, request.clone(), first.tokens)
  if (!endedStatuses(connection.dialect).includes(response.status)) return response
  // Of an API that refuses brand-new tokens too, each call would cost a refresh.
  const isKnown = keeper.known?.tokens.accessToken === first.tokens.accessToken
  if (isKnown && connection.now() - first.receivedAt < cooldown) return response
  const next = await fresh(keeper, first.tokens.accessToken)
  if (next.tokens.accessToken === first.tokens.accessToken) return response
  await response.body?.cancel()
  return present(keeper, request, next.tokens)
}

function endedStatuses({ operations }: Dialect): number[] {
  const told = Object.values(operations).map(
    ({ refuses }) => refuses.reasons?.token_expired?.status,
  )
  return [401, ...told.filter((one) => one !== undefined)]
}

async function present(
  { connection }: Keeper,
  request: Request,
  { accessToken, tokenType }: Tokens,
): Promise<Response> {
  const { binding, dialect } = connection
  const isBound = binding !== undefined && /^dpop$/i.test(tokenType)
  const { header = 'authorization', scheme = 'Bearer', adds = {} } = dialect.presents ?? {}
  const word = isBound ? 'DPoP' : scheme
  // On the way to another origin fetch leaves the usual header behind, and no other.
  const strict = header.toLowerCase() === 'authorization' ? {} : ({ redirect: 'manual' } as const)
  const send = async () => {
    const headers = new Headers(request.headers)
    for (const [name, value] of Object.entries(adds)) {
      if (!headers.has(name)) headers.set(name, value)
    }
    headers.set(header, word === '' ? accessToken : `${word} ${accessToken}`)
    if (isBound) {
      const { method, url } = request
      const outgoing = { method, url, headers: {}, body: new Uint8Array() }
      const proof = await binding.headers(outgoing, accessToken)
      for (const [name, value] of Object.entries(proof)) headers.set(name, value)
    }
    return connection.fetch(new Request(request.clone(), { headers, ...strict }))
  }
  const response = await send()
  if (!isBound) return response
  const headers = Object.fromEntries(response.headers)
  const isNonce = binding.heard(request.url, { status: response.status, headers, body: '' })
  return isNonce ? send() : response
}
