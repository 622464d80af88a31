// Revoke: ends all that was issued before a moment, beside servers that go on.

import { type AuditEvent, foldUsername } from '@patois/core'
import { commandEvent, putEvent } from './event.ts'
import { issuerId } from './mark.ts'
import type { Asked, Side } from './side.ts'

/** What is to end: all of before a moment, of everybody or of some; times in seconds. */
export type IssuedBefore = { before: number; at: number; clientId?: string; username?: string }

/** Rows of one transaction: servers wait for no more. */
const BATCH = 500

/**
 * Ends families, sessions, access tokens and codes that were issued before a moment, and keeps an
 * audit event of it. Throws one sentence when the client or the user is unknown.
 */
export async function revokeIssued(side: Side, what: IssuedBefore): Promise<void> {
  const { clientId, username } = what
  if (clientId !== undefined) await checkClient(side, clientId)
  const userId = username === undefined ? undefined : await userOf(side, username)
  const event: AuditEvent = {
    ...commandEvent('issued_before', what.at),
    ...(clientId !== undefined && { clientId }),
    ...(userId !== undefined && { userId }),
  }
  // The decision is kept first: what follows may be cut off, and is run again.
  await side.write([putEvent(event, await side.eventId())])
  for (const step of steps(what, userId)) {
    if ('pagesOf' in step) await writePages(side, step)
    else while ((await side.write([step])) > 0) {}
  }
}

/** A change that ends with the first id that it leaves out and the last one that it takes. */
type Paged = { pagesOf: 'sessions' | 'families'; change: Asked }

// Each row is looked at once: one that searches anew for what is left goes over all that is done.
async function writePages({ ask, write }: Side, { pagesOf, change }: Paged): Promise<void> {
  const [sql, values] = change
  const page = `SELECT max(id) FROM (SELECT id FROM ${pagesOf} WHERE id > ?
    ORDER BY id LIMIT ${BATCH}) page`
  for (let after = 0; ; ) {
    const [[last] = []] = await ask(page, [after])
    if (typeof last !== 'number') return
    await write([[sql, [...values, after, last]]])
    after = last
  }
}

async function checkClient({ ask, name }: Side, id: string): Promise<void> {
  const found = await ask('SELECT 1 FROM clients WHERE issuer = ? AND id = ?', [issuerId, id])
  if (found.length === 0) throw new Error(`${name} knows no client ${id}.`)
}

async function userOf({ ask, name }: Side, username: string): Promise<number> {
  const sql = 'SELECT user_id FROM usernames WHERE issuer = ? AND username = ?'
  const [row] = await ask(sql, [issuerId, foldUsername(username)])
  if (!row) throw new Error(`${name} knows no user ${username}.`)
  return Number(row[0])
}

// What a client or a user has from before its `tokens_from` is dead, JWTs and codes too: one row
// ends all of them. Sessions have no client, and what a user has at one client no such row.
function steps(what: IssuedBefore, userId: number | undefined): readonly (Asked | Paged)[] {
  const { before, clientId } = what
  if (clientId !== undefined && userId !== undefined) {
    return [ofCodes(what, clientId, userId), ofFamilies(what, clientId, userId)]
  }
  if (clientId !== undefined) return [ofClients(before, 'AND id = ?', [clientId])]
  if (userId !== undefined) {
    const sql = `UPDATE users SET tokens_from = ? WHERE issuer = ? AND id = ? AND tokens_from < ?`
    return [[sql, [before, issuerId, userId, before]]]
  }
  return [ofClients(before, '', []), ...ofSessions(what)]
}

// A session that is over opens nothing more; then goes what it opened since that moment.
function ofSessions({ before, at }: IssuedBefore): readonly (Asked | Paged)[] {
  const values = [at, issuerId, at, before]
  const inPage = 'AND id > ? AND id <= ?'
  // By what no index has: of all that is not over, an index would read the whole for each page.
  const sessions = `UPDATE sessions SET ended_at = ? WHERE issuer = ? AND expires_at >= ?
    AND authenticated_at < ? AND ended_at IS NULL ${inPage}`
  const codes = `UPDATE codes SET spent_at = ? WHERE spent_at IS NULL
    AND session_id IN (SELECT id FROM sessions WHERE issuer = ?
      AND coalesce(ended_at, expires_at) >= ? AND authenticated_at < ?)`
  const families = `UPDATE families SET ended_at = ?, end_reason = 'revoked'
    WHERE EXISTS (SELECT 1 FROM sessions s WHERE s.id = families.session_id AND s.issuer = ?
      AND coalesce(s.ended_at, s.expires_at) >= ? AND s.authenticated_at < ?)
    AND ended_at IS NULL AND created_at >= ? ${inPage}`
  return [
    { pagesOf: 'sessions', change: [sessions, values] },
    [codes, values],
    { pagesOf: 'families', change: [families, [...values, before]] },
  ]
}

function ofClients(before: number, which: string, values: readonly string[]): Asked {
  const sql = `UPDATE clients SET tokens_from = ? WHERE issuer = ? AND id IN (SELECT id FROM clients
    WHERE issuer = ? AND tokens_from < ? ${which} LIMIT ${BATCH})`
  return [sql, [before, issuerId, issuerId, before, ...values]]
}

// The code first: one that is being exchanged is waited for, and then its family is there.
function ofCodes({ before, at }: IssuedBefore, clientId: string, userId: number): Asked {
  const sql = `UPDATE codes SET spent_at = ? WHERE issuer = ? AND spent_at IS NULL
    AND user_id = ? AND client_id = ? AND created_at < ?`
  return [sql, [at, issuerId, userId, clientId, before]]
}

function ofFamilies({ before, at }: IssuedBefore, clientId: string, userId: number): Asked {
  const sql = `UPDATE families SET ended_at = ?, end_reason = 'revoked' WHERE id IN (
    SELECT f.id FROM grants g JOIN families f ON f.grant_id = g.id
    WHERE g.issuer = ? AND g.user_id = ? AND g.client_id = ?
    AND f.ended_at IS NULL AND f.created_at < ? LIMIT ${BATCH})`
  return [sql, [at, issuerId, userId, clientId, before]]
}
