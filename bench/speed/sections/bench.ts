// Bench: what every section is handed.

import type { Load, Plan } from '../rounds.ts'

/** What a section measures with. */
export type Bench = {
  load: Load
  plan: Plan
  /** Makes an empty folder of this name. */
  folder(name: string): string
  say(line: string): void
  /** Only rows with this text in their name. */
  only: string
  isQuick: boolean
  /** Flags of the Node that runs Patois. */
  nodeFlags: readonly string[]
}
