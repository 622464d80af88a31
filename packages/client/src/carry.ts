// Carry: a request to an API carries an access token, in the way that the dialect's provider wants it.

import { type Connection, isBound, type OwnHeaders } from './connection.ts'
import type { Tokens } from './tokens.ts'

/**
 * Sends a request with an access token, bound to the connection's key when the token is (RFC 9449
 * §7). Throws whatever the connection's `fetch` throws.
 */
export async function carry(
  { binding, clientId, dialect, fetch }: Connection,
  request: Request,
  { accessToken, tokenType }: Pick<Tokens, 'accessToken' | 'tokenType'>,
): Promise<Response> {
  const bound = binding && isBound(binding, tokenType) ? binding : undefined
  const { header = 'authorization', scheme = 'Bearer', adds = {} } = dialect.presents ?? {}
  const word = bound?.scheme ?? scheme
  // On the way to another origin fetch leaves the usual header behind, and no other.
  const strict = header.toLowerCase() === 'authorization' ? {} : ({ redirect: 'manual' } as const)
  const headers = new Headers(request.headers)
  for (const [name, value] of Object.entries(adds)) {
    if (headers.has(name)) continue
    headers.set(name, value.replaceAll('{client_id}', clientId))
  }
  headers.set(header, word === '' ? accessToken : `${word} ${accessToken}`)
  if (!bound) return fetch(new Request(request, { headers, ...strict }))
  let response: Response | undefined
  const send = async (proof: OwnHeaders) => {
    await response?.body?.cancel()
    for (const [name, value] of Object.entries(proof)) headers.set(name, value)
    response = await fetch(new Request(request.clone(), { headers, ...strict }))
    const { status } = response
    return { status, headers: Object.fromEntries(response.headers), body: '', response }
  }
  const { method, url } = request
  const line = { method, url, headers: Object.fromEntries(headers) }
  return (await bound.prove(line, accessToken, send)).response
}
