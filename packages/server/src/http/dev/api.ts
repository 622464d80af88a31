// API: the table of what dev mode is driven with; its routes and their description come from here.

import { clockRoutes } from './clock.ts'
import { faultRoutes } from './faults.ts'
import { journalRoutes } from './journal.ts'
import { type DevText, devOpenapi } from './openapi.ts'
import type { DevRoute } from './route.ts'
import { MINT_MEMBERS, shortcutRoutes } from './shortcuts.ts'
import { stateRoutes } from './states.ts'

const CALLS: readonly DevRoute[] = [
  ...clockRoutes,
  ...faultRoutes,
  ...journalRoutes,
  ...shortcutRoutes,
  ...stateRoutes,
]

// They answer text, and have handlers of their own.
const TEXTS: readonly DevText[] = [
  {
    method: 'POST',
    path: '/code',
    says: 'An authorization code for a user and a client',
    takes: { ...MINT_MEMBERS, code_challenge: { type: 'string' } },
    type: 'text/plain',
  },
  {
    method: 'GET',
    path: '/journal/stream',
    says: 'Each request and answer as it comes; Last-Event-ID says where to go on',
    query: ['operation', 'client', 'dialect', 'after'],
    type: 'text/event-stream',
  },
]

/** Every route below /dev that answers JSON. */
export const DEV_ROUTES: readonly DevRoute[] = [
  ...CALLS,
  {
    method: 'GET',
    path: '/openapi.json',
    says: 'This document',
    answers: {},
    handle: ({ parts }) => devOpenapi(`${parts.issuer}/dev`, [...CALLS, ...TEXTS]),
  },
]
