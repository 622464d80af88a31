// The dialects that are built in, one line a dialect.

import { apimatic } from './apimatic.ts'
import { bolt } from './bolt.ts'
import { cal } from './cal.ts'
import type { Dialect } from './dialect.ts'
import { standard } from './standard.ts'
import { ultracart } from './ultracart.ts'

/** Every built-in dialect. */
export const DIALECTS: readonly Dialect[] = [standard, bolt, apimatic, cal, ultracart]
