// The public names of the client, nothing else.

export type { Pending, Returned } from './authorize.ts'
export { type Client, type ConnectOptions, connect } from './connect.ts'
export type {
  Attempted,
  Binding,
  CallEvent,
  ClientProof,
  Connection,
  Outgoing,
  OwnHeaders,
  Retry,
} from './connection.ts'
export { type Meaning, Refused, type SentRequest, Unreachable, Unreadable } from './errors.ts'
export { type KeepOptions, type Kept, keep } from './keep.ts'
export { type Cells, type LeaseTimes, leasedStore } from './lease.ts'
export { retrying, SCHEDULE, type Schedule } from './retry.ts'
export type { CallOptions } from './send.ts'
export type { Entry, TokenStore } from './store.ts'
export { memoryStore } from './stores/memory.ts'
export type { Tokens } from './tokens.ts'
