// API: the table of what dev mode is driven with; its routes and their description come from here.

import { clockRoutes } from './clock.ts'
import { faultRoutes } from './faults.ts'
import { journalRoutes } from './journal.ts'
import type { DevRoute } from './route.ts'
import { shortcutRoutes } from './shortcuts.ts'
import { stateRoutes } from './states.ts'

/** Every route below /dev that answers JSON. */
export const DEV_ROUTES: readonly DevRoute[] = [
  ...clockRoutes,
  ...faultRoutes,
  ...journalRoutes,
  ...shortcutRoutes,
  ...stateRoutes,
]
