// A crowd: requests without what `fetch` costs, and many at once from a process of their own.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { SECRETS } from './fixtures.ts'

/** What a client of the fixtures sends. */
export type Form = { client: string; fields: Record<string, string> }

/** An answer, and how long it took. */
export type Heard = { status: number; body: string; milliseconds: number }

/** One request over a connection of the agent. */
export const send = (url: string, agent: Agent, form?: Form): Promise<Heard> =>
  new Promise((resolve, reject) => {
    const from = performance.now()
    const headers = form && {
      authorization: `Basic ${btoa(`${form.client}:${SECRETS[form.client]}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    }
    const method = form ? 'POST' : 'GET'
    const sent = request(url, { agent, method, ...(headers && { headers }) }, (got) => {
      let body = ''
      got.setEncoding('utf8').on('data', (piece) => {
        body += piece
      })
      got.on('end', () => {
        resolve({ status: got.statusCode ?? 0, body, milliseconds: performance.now() - from })
      })
    })
    sent.on('error', reject).end(form && new URLSearchParams(form.fields).toString())
  })

const PROGRAM = fileURLToPath(new URL('crowd-process.ts', import.meta.url))

/** Gets a crowd ready; the answer sends all forms at once, and can do so one time. */
export const gather = async (
  url: string,
  forms: readonly Form[],
): Promise<() => Promise<Heard[]>> => {
  const crowd = fork(PROGRAM, { execArgv: [] })
  await once(crowd, 'message')
  return async () => {
    crowd.send({ url, forms })
    const [heard] = await once(crowd, 'message')
    return heard
  }
}
