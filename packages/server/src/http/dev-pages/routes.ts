// Routes of dev mode's pages; what they show is loaded when somebody first looks.

import { readFile } from 'node:fs/promises'
import type { Answer } from '@patois/core'
import type { FastifyInstance } from 'fastify'
import { apiHandler } from '../dev/route.ts'
import { ownStation } from '../own.ts'
import type { DevSite } from '../site.ts'
import { type Visit, visitHandler } from '../visit.ts'

type Show = (site: DevSite, visit: Visit) => Promise<Answer>

const SCRIPTS = ['callback', 'copy', 'flow', 'play']
const PIECES = ['calls', 'faults', 'mermaid'] as const

/** Adds the pages, and what they are made of. */
export function addDevPages(app: FastifyInstance, site: DevSite): void {
  const page = (path: string, load: () => Promise<Show>) => {
    const station = ownStation(`/dev${path.replace('/', '_')}`)
    const handler = visitHandler(site, station, async (_, visit) => (await load())(site, visit))
    app.get(`${site.base}/dev${path}`, { config: { station, isPage: true }, handler })
  }
  page('', async () => (await import('./flow.ts')).visitFlow)
  page('/lens', async () => (await import('./lens.ts')).visitLens)
  page('/play', async () => (await import('./play.ts')).visitPlay)
  for (const piece of PIECES) {
    app.get(`${site.base}/dev/flow/${piece}`, async (request, reply) =>
      (await import('./flow.ts')).sendPiece(site, piece, request, reply),
    )
  }
  addSteps(app, site)
  addAssets(app, site)
}

// The page's own call, and none of the API that others drive.
function addSteps(app: FastifyInstance, site: DevSite): void {
  app.post(`${site.base}/dev/play`, (request, reply) =>
    apiHandler(site, {
      method: 'POST',
      path: '/play',
      says: 'A step of the playground',
      answers: {},
      handle: async (_, { body }) => (await import('./play.ts')).takeStep(site, request, body),
    })(request, reply),
  )
}

function addAssets(app: FastifyInstance, { base }: DevSite): void {
  app.get(`${base}/assets/dev.css`, async (_, reply) => {
    const { style } = await import('../../pages/dev/style.ts')
    return reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(style)
  })
  for (const name of SCRIPTS) {
    const file = new URL(`../../pages/dev/scripts/${name}.js`, import.meta.url)
    app.get(`${base}/assets/dev/${name}.js`, async (_, reply) =>
      reply
        .type('text/javascript; charset=utf-8')
        .header('cache-control', 'no-cache')
        .send(await readFile(file, 'utf8')),
    )
  }
}
