// Requests: the text that a lane sends next, as its job says.

import type { Bodies, Job } from '../job.ts'
import { memberOf } from './check.ts'
import type { Heard } from './lane.ts'

/** Answers the next request of a lane after what it heard; undefined when there is none. */
export type NextRequest = (lane: number, heard: Heard | undefined) => string | undefined

function headOf({ method, path, headers, port }: Job): string {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`]
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  return lines.join('\r\n')
}

/** The requests of a job; where its chains stand is remembered from round to round. */
export function openRequests(job: Job): NextRequest {
  const { bodies, method } = job
  const head = headOf(job)
  const request = (body: string): string =>
    method === 'GET'
      ? `${head}\r\n\r\n`
      : `${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  if ('turns' in bodies) {
    const all = bodies.turns.map(request)
    return (lane) => all[lane % all.length]
  }
  if ('once' in bodies) {
    let at = 0
    return () => {
      const body = bodies.once[at++]
      return body === undefined ? undefined : request(body)
    }
  }
  if ('chain' in bodies) {
    const nextLink = openChains(bodies)
    return (lane, heard) => request(nextLink(lane, heard))
  }
  const only = request(bodies.same)
  return () => only
}

type Chains = Extract<Bodies, { chain: unknown }>

// A lane has every so manieth chain for its own, and goes from one to the next.
function openChains({ chain, lanes, before, after, member }: Chains) {
  const links = [...chain]
  const steps = Math.floor(links.length / lanes)
  const places = Array.from({ length: lanes }, (_, lane) => lane)
  return (lane: number, heard: Heard | undefined): string => {
    const place = places[lane] ?? 0
    if (!heard) return before + links[place] + after
    links[place] = memberOf(heard.body, member)
    const next = (place + lanes) % (steps * lanes)
    places[lane] = next
    return before + links[next] + after
  }
}
