// Fetch without a socket: requests go straight into the server, and answers come back as from fetch.

import type { FastifyInstance } from 'fastify'

const NO_BODY = [101, 204, 205, 304]
const LONGEST_WAY = 20

/**
 * A `fetch` that knows no server but this one. It follows redirects within the server; one that
 * leads elsewhere is answered as it is, since nobody is there.
 */
export function fetchInto(http: FastifyInstance, issuer: string): typeof fetch {
  const { origin } = new URL(issuer)
  const once = async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    if (url.origin !== origin) throw new TypeError(`fetch failed: only ${origin} is here`)
    const headers = { ...Object.fromEntries(request.headers), host: url.host }
    const payload = Buffer.from(await request.arrayBuffer())
    const target = { method: request.method as 'GET', url: url.pathname + url.search, headers }
    const injected = http.inject({ ...target, ...(payload.length > 0 && { payload }) })
    const said = await injected.catch((cause) => {
      throw new TypeError('fetch failed', { cause })
    })
    const body = NO_BODY.includes(said.statusCode) ? null : new Uint8Array(said.rawPayload)
    return new Response(body, { status: said.statusCode, headers: headersOf(said.headers) })
  }
  return async (input, init) => {
    let request = new Request(input, init)
    for (let step = 0; step < LONGEST_WAY; step++) {
      const { redirect, method } = request
      const answer = await once(request)
      const location = answer.headers.get('location')
      const leads = answer.status >= 300 && answer.status < 400 && location !== null
      if (!leads || redirect === 'manual') return answer
      const next = new URL(location, request.url)
      if (redirect === 'error') throw new TypeError('fetch failed: it leads elsewhere')
      if (next.origin !== origin || (method !== 'GET' && answer.status > 303)) return answer
      request = new Request(next, { headers: request.headers, redirect })
    }
    throw new TypeError('fetch failed: it leads around in a circle')
  }
}

function headersOf(said: Readonly<Record<string, unknown>>): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(said)) {
    for (const one of [value ?? []].flat()) headers.append(name, String(one))
  }
  return headers
}
