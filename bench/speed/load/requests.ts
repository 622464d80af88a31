// Requests: the text that a lane sends next, as its job says.

import type { Job } from '../job.ts'
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
    const links = [...bodies.chain]
    const { before, after, member } = bodies
    return (lane, heard) => {
      if (heard) links[lane] = memberOf(heard.body, member)
      return request(before + links[lane] + after)
    }
  }
  const only = request(bodies.same)
  return () => only
}
