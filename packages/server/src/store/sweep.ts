// What leaves the database, and when: bounded batches, time as an argument.

import type { DatabaseSync } from 'node:sqlite'
import type { Store, Swept } from '@patois/core'
import { answering } from './node-sqlite.ts'

const hour = 3600
const day = 24 * hour

function rowid(table: string, which: string): string {
  return `DELETE FROM ${table} WHERE id IN
    (SELECT id FROM ${table} WHERE issuer = :issuer AND ${which} LIMIT :limit)`
}

function keyed(table: string, key: string): string {
  return `DELETE FROM ${table} WHERE (issuer, ${key}) IN
    (SELECT issuer, ${key} FROM ${table} WHERE issuer = :issuer AND expires_at <= :now LIMIT :limit)`
}

function dueCodes(family: string): string {
  return `SELECT c.id FROM codes c WHERE c.issuer = :issuer
    AND max(c.keep_until, c.expires_at + ${hour}) <= :now AND ${family} (
      SELECT 1 FROM families f JOIN grants g ON g.id = f.grant_id
      WHERE f.id = c.family_id AND f.ended_at IS NULL AND g.ended_at IS NULL)
    LIMIT :limit`
}

// Codes of live families are looked at once a week, so that no sweep walks over all of them.
const keepCodes = `UPDATE codes SET keep_until = :now + ${7 * day}
  WHERE id IN (${dueCodes('EXISTS')})`

// No refresh token outlives its family, and no access token is born after its end: a family
// that ended before the first of each has none left, which needs no index by family.
const familyIsEmpty = `expires_at < min(:now - ${day},
  coalesce((SELECT min(expires_at) FROM refresh_tokens), :now),
  coalesce((SELECT created_at - ${hour} FROM access_tokens ORDER BY id LIMIT 1), :now))`

/** Each kind of row with the rule by which it goes; what is not named here is never swept. */
const rules: readonly (readonly [rule: string, sql: string])[] = [
  ['a replay cell when its window is over', rowid('replay_cells', 'cell_until <= :now')],
  [
    'a code an hour after its expiry, but not while the family that it opened lives',
    `DELETE FROM codes WHERE id IN (${dueCodes('NOT EXISTS')})`,
  ],
  [
    'a refresh token, spent or not, at its own expiry',
    rowid('refresh_tokens', 'expires_at <= :now'),
  ],
  [
    'an opaque access token when nobody need know any more that it expired',
    rowid('access_tokens', 'kept_until <= :now'),
  ],
  ['an ended JWT at its expiry', keyed('ended_jwts', 'jti_hash')],
  ['the place of an outstanding code at its expiry', keyed('code_slots', 'user_id, client_id')],
  ['a used assertion at its expiry', keyed('assertions', 'client_id, jti_hash')],
  ['a family a day after its end, when it has no tokens left', rowid('families', familyIsEmpty)],
  [
    'a session a day after it expired or ended',
    rowid('sessions', `coalesce(ended_at, expires_at) <= :now - ${day}`),
  ],
  [
    'an ended grant after 30 days, when it has no families left',
    rowid(
      'grants',
      `ended_at <= :now - ${30 * day}
        AND NOT EXISTS (SELECT 1 FROM families WHERE grant_id = grants.id)`,
    ),
  ],
]

// What is kept for a time that the operator chose, and not for the protocol.
const forgotten = {
  events: rowid('events', 'at < :before'),
  addresses: `UPDATE grants SET address = NULL, user_agent = NULL WHERE id IN
    (SELECT id FROM grants WHERE issuer = :issuer AND created_at < :before
      AND (address IS NOT NULL OR user_agent IS NOT NULL) LIMIT :limit)`,
}

function inTransaction(database: DatabaseSync, work: () => number): Swept {
  return answering(() => {
    database.exec('BEGIN IMMEDIATE')
    try {
      const rows = work()
      database.exec('COMMIT')
      return { rows }
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

/** Answers the `sweep` of `Store`: at most `limit` rows of each kind in one transaction. */
export function openSweep(database: DatabaseSync, issuer: number): Store['sweep'] {
  const keep = database.prepare(keepCodes)
  const statements = rules.map(([, sql]) => database.prepare(sql))
  return (now, limit) =>
    inTransaction(database, () => {
      keep.run({ issuer, now, limit })
      return sum(statements.map((rule) => Number(rule.run({ issuer, now, limit }).changes)))
    })
}

/** Answers the `forget` of `Store`. */
export function openForget(database: DatabaseSync, issuer: number): Store['forget'] {
  const events = database.prepare(forgotten.events)
  const addresses = database.prepare(forgotten.addresses)
  return (before, limit) =>
    inTransaction(database, () => {
      const old = events.run({ issuer, before: before.events, limit })
      const known = addresses.run({ issuer, before: before.addresses, limit })
      return Number(old.changes) + Number(known.changes)
    })
}
