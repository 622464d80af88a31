// Every statement of the stores but migrations and sweeping, side by side; `?` stands for a value.

import type { Shape } from './rows.ts'
import * as rows from './rows.ts'

/** What databases say each in its own way. */
export type Words = {
  /** True when the JSON list in the column holds the text. */
  holds(column: string, text: string): string
  /** The JSON list in the column with what a second one (`?`) adds, in the order it came. */
  union(column: string): string
  /** The greatest and the least of several values. */
  greatest: string
  least: string
  /** True when others write between two statements. */
  isShared: boolean
  /** When the oldest of the access tokens was made; of a day that had none it may say any. */
  firstAccessToken: string
}

type AnyShape = Pick<Shape<never>, 'table' | 'columns'>

/** With `where`, the row is written only when that holds. */
function insert({ table, columns }: AnyShape, where?: string): string {
  const values = `?, ${columns.map(() => '?').join(', ')}`
  return `INSERT INTO ${table} (issuer, ${columns.join(', ')})
   ${where === undefined ? `VALUES (${values})` : `SELECT ${values} WHERE ${where}`}`
}

/** `key` is the conflict target; `kept` columns stay as they were first written. */
function upsert(shape: AnyShape, key: string, kept: readonly string[], where?: string): string {
  const set = shape.columns
    .filter((column) => !kept.includes(column))
    .map((column) => `${column} = excluded.${column}`)
  return `${insert(shape, where)} ON CONFLICT (${key}) DO UPDATE SET ${set.join(', ')}`
}

function all(...parts: readonly (readonly [alias: string, shape: AnyShape])[]): string {
  return parts
    .flatMap(([alias, { columns }]) => columns.map((name) => `${alias}.${name}`))
    .join(', ')
}

const lineage = [
  ['f', rows.families],
  ['g', rows.grants],
  ['u', rows.users],
] as const

/** The reads by name; rows come as arrays. */
export const reads = {
  client: `SELECT ${all(['c', rows.clients])} FROM clients c WHERE issuer = ? AND id = ?`,
  clients: `SELECT ${all(['c', rows.clients])} FROM clients c WHERE issuer = ? ORDER BY id`,
  user: `SELECT ${all(['u', rows.users])} FROM users u WHERE issuer = ? AND id = ?`,
  userByName: `SELECT ${all(['u', rows.users])}
    FROM usernames n JOIN users u ON u.id = n.user_id
    WHERE n.issuer = ? AND n.username = ?`,
  users: `SELECT ${all(['u', rows.users])} FROM users u WHERE issuer = ? ORDER BY id`,
  session: `SELECT ${all(['s', rows.sessions], ['u', rows.users])}
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.issuer = ? AND s.id = ?`,
  code: `SELECT ${all(['c', rows.codes], ['g', rows.grants], ['u', rows.users])}
    FROM codes c JOIN grants g ON g.id = c.grant_id JOIN users u ON u.id = c.user_id
    WHERE c.issuer = ? AND c.id = ?`,
  refreshToken: `SELECT ${all(
    ['t', rows.refreshTokens],
    ['k', rows.refreshTokens],
    ['kc', rows.cells],
    ...lineage,
  )}
    FROM refresh_tokens t
    JOIN families f ON f.id = t.family_id
    JOIN grants g ON g.id = f.grant_id
    JOIN users u ON u.id = f.user_id
    LEFT JOIN refresh_tokens k ON k.id = t.child_id
    LEFT JOIN replay_cells kc ON kc.id = t.child_id
    WHERE t.issuer = ? AND t.id = ?`,
  accessToken: `SELECT ${all(['t', rows.accessTokens], ...lineage)}
    FROM access_tokens t
    LEFT JOIN families f ON f.id = t.family_id
    LEFT JOIN grants g ON g.id = f.grant_id
    LEFT JOIN users u ON u.id = f.user_id
    WHERE t.issuer = ? AND t.id = ?`,
  family: `SELECT ${all(...lineage)}
    FROM families f JOIN grants g ON g.id = f.grant_id JOIN users u ON u.id = f.user_id
    WHERE f.issuer = ? AND f.id = ?`,
  grants: `SELECT ${all(['g', rows.grants])} FROM grants g
    WHERE issuer = ? AND user_id = ? AND client_id = ? AND ended_at IS NULL ORDER BY id`,
  endedJwt: 'SELECT 1 FROM ended_jwts WHERE issuer = ? AND jti_hash = ?',
  keys: `SELECT ${all(['k', rows.keys])} FROM keys k WHERE issuer = ? ORDER BY created_at, kid`,
  secrets: `SELECT ${all(['s', rows.secrets])} FROM secrets s WHERE issuer = ? ORDER BY name`,
  events: `SELECT ${all(['e', rows.events])} FROM events e
    WHERE issuer = ? ORDER BY at DESC, id DESC LIMIT ?`,
}

const inserts = {
  putSession: upsert(rows.sessions, 'id', ['id', 'sid', 'user_id']),
  putGrant: insert(rows.grants),
  putFamily: insert(rows.families),
  putCode: insert(rows.codes),
  putRefreshToken: insert(rows.refreshTokens),
  putCell: insert(rows.cells),
  putAccessToken: insert(rows.accessTokens),
  putEvent: insert({ table: 'events', columns: ['id', ...rows.events.columns] }),
  putClient: upsert(rows.clients, 'issuer, id', ['id']),
  // The name was taken a statement before: whoever lost it changes nothing.
  putUser: upsert(
    rows.users,
    'id',
    ['id', 'sub'],
    'EXISTS (SELECT 1 FROM usernames WHERE issuer = ? AND username = ? AND user_id = ?)',
  ),
  putKey: upsert(rows.keys, 'issuer, kid', ['kid']),
  putSecret: upsert(rows.secrets, 'issuer, name', ['name']),
  putUsername: `INSERT INTO usernames (issuer, username, user_id) VALUES (?, ?, ?)
    ON CONFLICT DO NOTHING`,
  dropFormerUsername: `DELETE FROM usernames WHERE issuer = ? AND user_id = ? AND username <> ?
    AND username = (SELECT username FROM users WHERE id = user_id)`,
  dropUsernames: 'DELETE FROM usernames WHERE issuer = ? AND user_id = ?',
  endJwt: `INSERT INTO ended_jwts (issuer, jti_hash, expires_at) VALUES (?, ?, ?)
    ON CONFLICT DO NOTHING`,
}

// Each wins for exactly one caller: the winner sees one changed row.
const spends = {
  spendCode: `UPDATE codes SET spent_at = ?, family_id = ?
    WHERE issuer = ? AND id = ? AND spent_at IS NULL`,
  // A family that ended since it was read has no heir: its cells are gone, no new one may come.
  spendRefreshToken: `UPDATE refresh_tokens SET spent_at = ?, child_id = ?
    WHERE issuer = ? AND id = ? AND spent_at IS NULL AND NOT EXISTS (
      SELECT 1 FROM families f JOIN grants g ON g.id = f.grant_id WHERE f.id = family_id
      AND (f.ended_at IS NOT NULL OR g.ended_at IS NOT NULL))`,
  // A place is free when its code is over or was exchanged; one that is not seen yet is neither.
  spendCodeSlot: `INSERT INTO code_slots (issuer, user_id, client_id, code_id, expires_at)
    VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (issuer, user_id, client_id)
    DO UPDATE SET code_id = excluded.code_id, expires_at = excluded.expires_at
    WHERE code_slots.expires_at <= ? OR EXISTS (
      SELECT 1 FROM codes c WHERE c.id = code_slots.code_id AND c.spent_at IS NOT NULL)`,
  spendAssertion: `INSERT INTO assertions (issuer, client_id, jti_hash, expires_at)
    VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  spendLease: `INSERT INTO leases (issuer, name, holder, expires_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (issuer, name)
    DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
    WHERE leases.expires_at <= ? OR leases.holder = excluded.holder`,
}

const updates = {
  endUser: 'UPDATE users SET disabled_at = ? WHERE issuer = ? AND id = ? AND disabled_at IS NULL',
  // Later uses win in whatever order they are written, and a session that ended stays so.
  extendSession: `UPDATE sessions SET expires_at = ?
    WHERE issuer = ? AND id = ? AND expires_at < ? AND ended_at IS NULL`,
  endSession: 'UPDATE sessions SET ended_at = ? WHERE issuer = ? AND id = ? AND ended_at IS NULL',
  endFamily: `UPDATE families SET ended_at = ?, end_reason = ?
    WHERE issuer = ? AND id = ? AND ended_at IS NULL`,
  endGrant: `UPDATE grants SET ended_at = ?, end_reason = ?
    WHERE issuer = ? AND id = ? AND ended_at IS NULL`,
  endAccessToken: `UPDATE access_tokens SET revoked_at = ?
    WHERE issuer = ? AND id = ? AND revoked_at IS NULL`,
  endKey: 'DELETE FROM keys WHERE issuer = ? AND kid = ?',
  dropCell: 'DELETE FROM replay_cells WHERE issuer = ? AND id = ?',
  dropFamilyCells: 'DELETE FROM replay_cells WHERE issuer = ? AND family_id = ?',
  dropGrantCells: `DELETE FROM replay_cells WHERE issuer = ?
    AND family_id IN (SELECT id FROM families WHERE grant_id = ?)`,
  dropSessionCells: `DELETE FROM replay_cells WHERE issuer = ? AND family_id IN
    (SELECT id FROM families WHERE session_id = ? AND ended_at IS NOT NULL)`,
  countWrongVerifier: `UPDATE codes SET wrong_verifiers = wrong_verifiers + 1,
    spent_at = CASE WHEN wrong_verifiers + 1 >= ? THEN CAST(? AS BIGINT) END
    WHERE issuer = ? AND id = ? AND spent_at IS NULL`,
}

/** The writes by name, in the words of one database. */
export function writesIn({ holds, union }: Words) {
  const passing = `NOT ${holds('scope', 'offline_access')}`
  return {
    ...inserts,
    ...spends,
    ...updates,
    widenGrant: `UPDATE grants SET scope = ${union('scope')}, resources = ${union('resources')}
      WHERE issuer = ? AND id = ? AND ended_at IS NULL`,
    endSessionFamilies: `UPDATE families SET ended_at = ?, end_reason = ?
      WHERE issuer = ? AND session_id = ? AND ended_at IS NULL AND ${passing}`,
    endSessionCodes: `UPDATE codes SET spent_at = ?
      WHERE issuer = ? AND session_id = ? AND spent_at IS NULL AND ${passing}`,
  }
}

/** The name of a statement that reads. */
export type ReadName = keyof typeof reads

/** The name of a statement that writes. */
export type WriteName = keyof ReturnType<typeof writesIn>
