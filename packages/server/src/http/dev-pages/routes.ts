// Routes of dev mode's pages; what they show is loaded when somebody first looks.

import type { Answer } from '@patois/core'
import type { FastifyInstance } from 'fastify'
import { ownStation } from '../own.ts'
import type { Site } from '../site.ts'
import { type Visit, visitHandler } from '../visit.ts'

type Show = (site: Site, visit: Visit) => Promise<Answer>

/** Adds the pages. */
export function addDevPages(app: FastifyInstance, site: Site): void {
  const page = (path: string, load: () => Promise<Show>) => {
    const station = ownStation(`/dev_${path}`)
    const handler = visitHandler(site, station, async (_, visit) => (await load())(site, visit))
    app.get(`${site.base}/dev/${path}`, { config: { station, isPage: true }, handler })
  }
  page('lens', async () => (await import('./lens.ts')).visitLens)
  app.get(`${site.base}/assets/dev.css`, async (_, reply) => {
    const { style } = await import('../../pages/dev/style.ts')
    return reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(style)
  })
}
