// Take: sends the request of a step through this server's own door, and hears what comes back.

import {
  type Answer,
  type Facts,
  type GivenFields,
  hearAnswer,
  hearRedirect,
  type Message,
  type Operation,
  writeRequest,
} from '@patois/core'
import type { FastifyInstance, HTTPMethods } from 'fastify'
import type { Taken } from '../../pages/dev/play.ts'
import { baseOf, type DevSite } from '../site.ts'
import { markAnswer, markRefusal, markRequest } from './marked.ts'
import { signedIn } from './signed-in.ts'
import type { Step } from './steps.ts'

/** Takes a step with these fields; the facts are those that a client would have heard. */
export async function take(
  site: DevSite,
  server: FastifyInstance,
  step: Step,
  fields: GivenFields,
): Promise<Taken & { facts: Facts }> {
  const { mount, operation } = step
  const message = writeRequest(operation, fields, mount.dialect.variables)
  const request = markRequest(operation, message, mount.at)
  const person = operation.does === 'authorize' ? await personFor(site, operation, fields) : {}
  const answer = await send(site, server, message, { base: baseOf(site, mount), ...person })
  if (!answer) return { request, answer: null, facts: {} }
  const heard = hear(site, operation, answer)
  const why = /<([^>]+)>; rel="help"/.exec(answer.headers.link ?? '')?.[1]
  return {
    status: answer.status,
    request,
    answer:
      heard.kind === 'refused'
        ? markRefusal(operation, answer)
        : markAnswer(operation, withoutPage(answer)),
    facts: heard.kind === 'facts' ? heard.facts : {},
    ...(why && { why }),
  }
}

/** What stands for a person who signs in and allows: the end of a link, or a browser's cookie. */
type Person = { user?: string; cookie?: string }

async function personFor(
  site: DevSite,
  operation: Operation,
  fields: GivenFields,
): Promise<Person> {
  if (operation.isCall) return { cookie: await signedIn(site, fields.client_id) }
  return { user: `&patois_user=${encodeURIComponent(site.demo.username)}` }
}

async function send(
  site: DevSite,
  server: FastifyInstance,
  { method, path, query, headers, body }: Message,
  { base, user = '', cookie }: Person & { base: string },
): Promise<Answer | undefined> {
  try {
    const {
      statusCode,
      headers: said,
      payload,
    } = await server.inject({
      method: method as HTTPMethods,
      url: new URL(base + path + (query && `?${query}${user}`)).href,
      headers: { ...headers, ...(cookie && { cookie }) },
      ...(body.length > 0 && { payload: Buffer.from(body) }),
    })
    // No connection is cut here that could lose an answer: only the journal knows that one was.
    const entry = site.emulator.journal.entries().findLast(({ id }) => id === said['x-request-id'])
    if (entry?.answer === null) return undefined
    return { status: statusCode, headers: shown(said), body: payload }
  } catch {
    return undefined
  }
}

function hear(site: DevSite, operation: Operation, answer: Answer) {
  const { location } = answer.headers
  if (location === undefined) return hearAnswer(operation, answer, site.clock.now())
  const heard = hearRedirect(operation, new URL(location, site.origin).href)
  return { kind: 'facts', ...heard } as const
}

// The headers that stand in every answer would bury those that tell something.
const EVERYWHERE =
  /^(connection|content-length|content-security-policy|date|referrer-policy|set-cookie|x-content-type-options|x-frame-options|x-request-id)$/

function shown(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const told = Object.entries(headers).filter(([name]) => !EVERYWHERE.test(name))
  return Object.fromEntries(told.map(([name, value]) => [name, String(value)]))
}

function withoutPage(answer: Answer): Answer {
  const isPage = answer.headers['content-type']?.startsWith('text/html')
  return isPage ? { ...answer, body: '(a page)' } : answer
}
