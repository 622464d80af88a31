// The journal: the latest requests with their answers, numbered, for whoever asks or listens.

import type { SecretKind } from '@patois/core'
import { EmulatorFault } from './fault.ts'

/** A code, token or session in a request or answer, by the ids of its rows and never by itself. */
export type LineageItem = {
  kind: SecretKind
  id: number
  grant?: number
  family?: number
  /** The id of what was spent for it: a code, or the refresh token before it. */
  parent?: number
}

/** A header's value, or its values where it came several times. */
export type JournalHeaders = Readonly<Record<string, string | readonly string[]>>

/** One request and its answer, with every secret masked. */
export type JournalEntry = {
  /** Counts from 1. */
  seq: number
  /** The request id, as in `x-request-id` and the log. */
  id: string
  /** Seconds of the server's clock. */
  at: number
  took_ms: number
  dialect: string
  /** What the call does, in our own words: token, authorize, revoke, login, … */
  operation: string
  grant_type?: string
  client?: string
  /** The username. */
  user?: string
  from: 'browser' | 'client'
  request: { method: string; url: string; headers: JournalHeaders; body: string }
  /** Null when it never left. */
  answer: { status: number; headers: JournalHeaders; body: string } | null
  /** Why it was decided so. */
  reason: string
  /** The id of the fault that had a hand in it. */
  fault?: string
  lineage?: readonly LineageItem[]
}

/** Which entries are meant; `after` is the number of an entry. */
export type JournalFilter = {
  operation?: string | undefined
  client?: string | undefined
  dialect?: string | undefined
  after?: number | undefined
}

/** The journal of an emulator. */
export type Journal = {
  /** Numbers an entry and keeps it; the oldest makes room. */
  add(entry: Omit<JournalEntry, 'seq'>): JournalEntry
  entries(filter?: JournalFilter): JournalEntry[]
  /** The entries of one operation. Throws an EmulatorFault when there is no such one. */
  calls(operation: string, filter?: Omit<JournalFilter, 'operation'>): JournalEntry[]
  /** The same for the latest entry, of one operation where that is named. */
  last(operation?: string): JournalEntry | undefined
  /** Forgets every entry; the numbers go on. */
  clear(): void
  /** Hears each entry from now on; the answer ends that. */
  listen(hear: (entry: JournalEntry) => void): () => void
}

/** So many entries are kept. */
const MOST = 1000

/** Opens an empty journal; `known` lists the operations that there are. */
export function openJournal(known: readonly string[], most = MOST): Journal {
  let kept: JournalEntry[] = []
  let seq = 0
  const listeners = new Set<(entry: JournalEntry) => void>()
  const entries = (filter: JournalFilter = {}) => kept.filter((entry) => fits(entry, filter))
  // A name that no call ever has would let a test pass that counts none.
  const check = (operation: string): void => {
    if (known.includes(operation) || kept.some((entry) => entry.operation === operation)) return
    throw new EmulatorFault(`operation: must be one of ${known.join(', ')}`)
  }
  return {
    add(given) {
      seq++
      const entry = { seq, ...given }
      kept.push(entry)
      if (kept.length > most) kept.shift()
      for (const hear of listeners) hear(entry)
      return entry
    },
    entries,
    calls(operation, filter) {
      check(operation)
      return entries({ ...filter, operation })
    },
    last(operation) {
      if (operation !== undefined) check(operation)
      return entries({ operation }).at(-1)
    },
    clear() {
      kept = []
    },
    listen(hear) {
      listeners.add(hear)
      return () => void listeners.delete(hear)
    },
  }
}

/** True when an entry is meant. */
export function fits(entry: JournalEntry, filter: JournalFilter): boolean {
  const { operation, client, dialect, after = 0 } = filter
  return (
    entry.seq > after &&
    (operation === undefined || entry.operation === operation) &&
    (client === undefined || entry.client === client) &&
    (dialect === undefined || entry.dialect === dialect)
  )
}
