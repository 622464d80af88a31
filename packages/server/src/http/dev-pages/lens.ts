// Lens: one call in every dialect that the server speaks, written by the core's own writers.

import {
  type Answer,
  REASONS,
  type Reason,
  redirectParameters,
  withQuery,
  writeAnswer,
  writeRefusal,
  writeRequest,
} from '@patois/core'
import { type LensColumn, lensPage } from '../../pages/dev/lens.ts'
import { devWords } from '../../pages/words/dev/index.ts'
import type { Mount, Site } from '../site.ts'
import { show, type Visit } from '../visit.ts'
import { markAnswer, markRefusal, markRequest } from './marked.ts'
import { mountsOf } from './steps.ts'
import { fieldsOf, operationOf, SAMPLE_NOW, TOPICS, type Topic } from './topics.ts'

/** Shows the lens: `operation` and `refusal` in the query choose what it is held over. */
export async function visitLens(site: Site, visit: Visit): Promise<Answer> {
  const { operation, refusal } = visit.request.query as Record<string, string | undefined>
  const mounts = mountsOf(site)
  const spoken = TOPICS.filter((topic) =>
    mounts.some(({ dialect }) => operationOf(dialect, topic) !== undefined),
  )
  const topic = spoken.find(({ name }) => name === operation) ?? spoken[0] ?? TOPICS[0]
  const reason = topic.reasons.find((one) => one === refusal) ?? topic.reasons[0]
  const view = {
    base: site.base,
    topics: spoken.map(({ name }) => name),
    topic: topic.name,
    reasons: topic.reasons,
    reason,
    columns: mounts.map((mount) => columnOf(site, mount, topic, reason)),
  }
  return show(lensPage(view, visit.words, devWords(visit.words)))
}

function columnOf(site: Site, mount: Mount, topic: Topic, reason: Reason): LensColumn {
  const { dialect, at } = mount
  const operation = operationOf(dialect, topic)
  const { name, title } = dialect
  if (!operation) return { name, title }
  const fields = fieldsOf(topic, operation, dialect)
  const request = writeRequest(operation, fields, dialect.variables)
  const { code, says } = REASONS[reason]
  const address = fields.redirect_uri ?? fields.post_logout_redirect_uri ?? ''
  const location = (facts: Record<string, unknown>) =>
    withQuery(address, redirectParameters(operation, facts))
  const led = (facts: Record<string, unknown>): Answer => {
    const { status, headers } = operation.answers
    return { status, headers: { ...headers, location: location(facts) }, body: '' }
  }
  const leads = operation.does === 'authorize'
  const { facts } = topic
  const isAnswered = !leads && operation.does !== 'logout'
  const answer = isAnswered ? writeAnswer(operation, facts, SAMPLE_NOW) : led(facts)
  const { state, iss } = facts
  const told = { code, sentence: says, reason, at: SAMPLE_NOW, clientId: fields.client_id ?? '' }
  const refused = { ...told, path: at + request.path, userId: 1 }
  return {
    name,
    title,
    request: markRequest(operation, request, at),
    answer: markAnswer(operation, answer),
    // What a page has to refuse it tells the client by a redirect.
    refusal:
      leads && !operation.isCall
        ? markAnswer(operation, led({ error: code, error_description: says, state, iss }))
        : markRefusal(operation, writeRefusal(operation, refused, site.parts.issuer)),
  }
}
