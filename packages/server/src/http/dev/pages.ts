// Pages of dev mode: what came back to the demo client, and why something was refused.

import { type Answer, REASONS, type Reason, Refusal } from '@patois/core'
import type { FastifyInstance } from 'fastify'
import { callbackPage } from '../../pages/callback.ts'
import { whyPage } from '../../pages/why.ts'
import { exchangeCommand } from '../demo.ts'
import { ownStation } from '../own.ts'
import type { DevSite, Station } from '../site.ts'
import { show, type Visit, visitHandler } from '../visit.ts'
import { explanationOf } from '../why.ts'

const CALLBACK = ownStation('/dev_callback')
const WHY = ownStation('/dev_why')

/** Adds them. */
export function addExplanations(app: FastifyInstance, site: DevSite): void {
  const { base } = site
  const page = (station: Station, handle: (visit: Visit) => Answer) => ({
    config: { station, isPage: true },
    handler: visitHandler(site, station, async (_, visit) => handle(visit)),
  })
  app.get(
    `${base}/dev/callback`,
    page(CALLBACK, (visit) => showCallback(site, visit)),
  )
  app.get(
    `${base}/dev/why/:reason`,
    page(WHY, (visit) => showReason(site, visit)),
  )
}

function showCallback(site: DevSite, visit: Visit): Answer {
  const query = visit.request.query as Record<string, string | undefined>
  const { code, error, error_description } = query
  const view = {
    base: site.base,
    code,
    error,
    errorDescription: error_description,
    command: code && exchangeCommand(site, site.demo, code),
  }
  return show(callbackPage(view, visit.words), { scripts: true })
}

function showReason(site: DevSite, visit: Visit): Answer {
  const { reason = '' } = visit.request.params as Record<string, string>
  const { request } = visit.request.query as Record<string, unknown>
  if (!isReason(reason)) throw new Refusal('not_found')
  const requestId = String(request)
  const from = site.refusals.find(requestId)
  const view = { base: site.base, reason, code: REASONS[reason].code }
  const page =
    from?.reason === reason
      ? whyPage({ ...view, explained: from.explained, from: { ...from, requestId } }, visit.words)
      : whyPage({ ...view, explained: explanationOf(reason) }, visit.words)
  return show(page)
}

function isReason(name: string): name is Reason {
  return Object.hasOwn(REASONS, name)
}
