// The entry of tests: a whole authorization server in their process, which does what they say.

export type { Fault, FaultKind } from './emulator/fault-kinds.ts'
export type { FaultAsked, Scripted, Where } from './emulator/faults.ts'
export type { JournalEntry, JournalFilter, LineageItem } from './emulator/journal.ts'
export type { Duration, Moment } from './emulator/time.ts'
export { type Emulated, emulate } from './testing/emulate.ts'
export { emulated, type Hooks } from './testing/hooks.ts'
export type { ClientAsked, EmulateOptions, UserAsked } from './testing/options.ts'
export { perWorker } from './testing/port.ts'
