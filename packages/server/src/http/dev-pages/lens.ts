// Lens: one call in every dialect that the server speaks, written by the core's own writers.

import {
  type Answer,
  type Facts,
  type Operation,
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
  const lead = leadTo(operation, fields.redirect_uri ?? fields.post_logout_redirect_uri)
  const isLed = topic.does === 'authorize' || topic.does === 'logout'
  const answer = isLed ? lead(topic.facts) : writeAnswer(operation, topic.facts, SAMPLE_NOW)
  const { code, says: sentence } = REASONS[reason]
  const { state, iss } = topic.facts
  const caller = { clientId: fields.client_id ?? '', userId: 1, path: at + request.path }
  const told = { code, sentence, reason, at: SAMPLE_NOW, ...caller }
  return {
    name,
    title,
    request: markRequest(operation, request, at),
    answer: markAnswer(operation, answer),
    // What a page has to refuse it tells the client by a redirect.
    refusal:
      topic.does === 'authorize' && !operation.isCall
        ? markAnswer(operation, lead({ error: code, error_description: sentence, state, iss }))
        : markRefusal(operation, writeRefusal(operation, told, site.parts.issuer)),
  }
}

/** Writes answers that lead a browser on, with facts behind an address. */
function leadTo(operation: Operation, address = '') {
  const { status, headers } = operation.answers
  return (facts: Facts): Answer => {
    const location = withQuery(address, redirectParameters(operation, facts))
    return { status, headers: { ...headers, location }, body: '' }
  }
}
