// The dialects that are built in, one line a dialect.

import type { Dialect } from './dialect.ts'
import { standard } from './standard.ts'

/** Every built-in dialect. */
export const DIALECTS: readonly Dialect[] = [standard]
