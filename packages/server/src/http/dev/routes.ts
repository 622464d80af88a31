// Routes of dev mode: what drives and watches the server, and the pages that only it has.

import type { FastifyInstance } from 'fastify'
import { addDevPages } from '../dev-pages/routes.ts'
import type { DevSite } from '../site.ts'
import { DEV_ROUTES } from './api.ts'
import { addCodeMint } from './code.ts'
import { addJournalStream } from './journal.ts'
import { addNewPersons } from './new-person.ts'
import { addExplanations } from './pages.ts'
import { apiHandler } from './route.ts'
import { watchRequests } from './watch.ts'

/** Adds them, and the journal's ears to every other route. */
export function addDevRoutes(app: FastifyInstance, site: DevSite): void {
  watchRequests(app, site)
  addExplanations(app, site)
  addDevPages(app, site)
  addCodeMint(app, site)
  addJournalStream(app, site)
  addNewPersons(app, site)
  for (const route of DEV_ROUTES) {
    const url = `${site.base}/dev${route.path.replace(/\{(\w+)\}/g, ':$1')}`
    app.route({ method: route.method, url, handler: apiHandler(site, route) })
  }
}
