// Writes one plan: its spend first, then its changes, then its events.

import type { Change, Plan, Spend, User } from '@patois/core'
import type { Row } from './rows.ts'
import * as rows from './rows.ts'
import type { Statements } from './statements.ts'

type Of<Kind extends string> = Extract<Change, { [K in Kind]: unknown }>

/** What writing needs: the statements and the issuer's row id. */
export type Writer = { sql: Statements; issuer: number }

function spend({ sql, issuer }: Writer, spent: Spend): boolean {
  switch (spent.what) {
    case 'code':
      return sql.spendCode.run(spent.at, spent.familyId, issuer, spent.id).changes === 1
    case 'refresh_token': {
      const { id, at, childId } = spent
      const won = sql.spendRefreshToken.run(at, childId, issuer, id).changes === 1
      if (won) sql.dropCell.run(issuer, id)
      return won
    }
    case 'code_slot': {
      const { userId, clientId, codeId, until, at } = spent
      return sql.spendCodeSlot.run(issuer, userId, clientId, codeId, until, at).changes === 1
    }
    case 'assertion': {
      const { clientId, jtiHash, expiresAt } = spent
      return sql.spendAssertion.run(issuer, clientId, jtiHash, expiresAt).changes === 1
    }
  }
}

function putUser({ sql, issuer }: Writer, user: User): void {
  const before = sql.username.get(issuer, user.id) as unknown as Row | undefined
  sql.putUsername.run(issuer, user.username, user.id)
  const holder = sql.nameHolder.get(issuer, user.username) as unknown as Row | undefined
  if (holder?.[0] !== user.id) {
    throw new Error(`The username "${user.username}" belongs to another user.`)
  }
  if (before && before[0] !== user.username) {
    sql.dropUsername.run(issuer, before[0] ?? null, user.id)
  }
  sql.putUser.run(issuer, ...rows.users.write(user))
}

function put(writer: Writer, change: Of<'put'>): unknown {
  const { sql, issuer } = writer
  switch (change.put) {
    case 'client':
      return sql.putClient.run(issuer, ...rows.clients.write(change.client))
    case 'user':
      return putUser(writer, change.user)
    case 'session':
      return sql.putSession.run(issuer, ...rows.sessions.write(change.session))
    case 'grant':
      return sql.putGrant.run(issuer, ...rows.grants.write(change.grant))
    case 'family':
      return sql.putFamily.run(issuer, ...rows.families.write(change.family))
    case 'code':
      return sql.putCode.run(issuer, ...rows.codes.write(change.code))
    case 'refresh_token': {
      const { id, familyId, cell, cellUntil } = change.token
      sql.putRefreshToken.run(issuer, ...rows.refreshTokens.write(change.token))
      if (!cell || cellUntil === undefined) return
      return sql.putCell.run(issuer, ...rows.cells.write({ id, familyId, cell, cellUntil }))
    }
    case 'access_token':
      return sql.putAccessToken.run(issuer, ...rows.accessTokens.write(change.token))
    case 'key':
      return sql.putKey.run(issuer, ...rows.keys.write(change.key))
    case 'secret':
      return sql.putSecret.run(issuer, ...rows.secrets.write(change.secret))
  }
}

function end({ sql, issuer }: Writer, change: Of<'end'>): unknown {
  switch (change.end) {
    case 'user':
      sql.endUser.run(change.at, issuer, change.id)
      return sql.dropUsernames.run(issuer, change.id)
    case 'session':
      return sql.endSession.run(change.at, issuer, change.id)
    case 'session_families':
      sql.endSessionFamilies.run(change.at, change.reason, issuer, change.sessionId)
      // A code on its way would open a family that nothing ends any more.
      sql.endSessionCodes.run(change.at, issuer, change.sessionId)
      return sql.dropSessionCells.run(issuer, change.sessionId)
    case 'grant':
      sql.endGrant.run(change.at, change.reason, issuer, change.id)
      return sql.dropGrantCells.run(issuer, change.id)
    case 'family':
      sql.endFamily.run(change.at, change.reason, issuer, change.id)
      return sql.dropFamilyCells.run(issuer, change.id)
    case 'access_token':
      return sql.endAccessToken.run(change.at, issuer, change.id)
    case 'jwt':
      return sql.endJwt.run(issuer, change.jtiHash, change.expiresAt)
    case 'key':
      return sql.endKey.run(issuer, change.kid)
  }
}

function union(list: unknown, more: readonly string[]): string {
  return JSON.stringify([...new Set([...(JSON.parse(String(list)) as string[]), ...more])])
}

function widen({ sql, issuer }: Writer, change: Of<'widen'>): void {
  const row = sql.grantLists.get(issuer, change.id) as unknown as Row | undefined
  if (!row) return
  const scope = union(row[0], change.scope)
  sql.widenGrant.run(scope, union(row[1], change.resources), issuer, change.id)
}

function extend({ sql, issuer }: Writer, { id, until }: Of<'extend'>): unknown {
  return sql.extendSession.run(until, issuer, id, until)
}

function write(writer: Writer, change: Change): unknown {
  if ('put' in change) return put(writer, change)
  if ('end' in change) return end(writer, change)
  if ('extend' in change) return extend(writer, change)
  if ('widen' in change) return widen(writer, change)
  const { sql, issuer } = writer
  return sql.countWrongVerifier.run(change.limit, change.at, issuer, change.codeId)
}

/** Writes the plan inside the caller's savepoint; false when its spend was lost. */
export function writePlan(writer: Writer, plan: Plan): boolean {
  if (plan.spend && !spend(writer, plan.spend)) return false
  for (const change of plan.changes) write(writer, change)
  for (const event of plan.events) {
    writer.sql.putEvent.run(writer.issuer, ...rows.events.write(event))
  }
  return true
}
