// Plans as statements: the spend that decides, and then all that follows when it was won.

import type { Change, Plan, Spend, User } from '@patois/core'
import type { Value } from './rows.ts'
import * as rows from './rows.ts'
import type { WriteName } from './statements.ts'

type Of<Kind extends string> = Extract<Change, { [K in Kind]: unknown }>

/** One statement with its values; `must` is what is wrong when it changes no row. */
export type Step = { sql: WriteName; values: readonly Value[]; must?: string }

/** What writing needs: the issuer's row id, and an id for an event where the database gives none. */
export type Writer = { issuer: number; eventId(): number | null }

function step(sql: WriteName, ...values: Value[]): Step {
  return { sql, values }
}

function row<T>(sql: WriteName, issuer: number, shape: rows.Shape<T>, record: T): Step {
  return { sql, values: shape.write(record, [issuer]) }
}

/** The statement that decides about a spend: it is won when one row changes. */
export function spendStep({ issuer }: Writer, spent: Spend): Step {
  switch (spent.what) {
    case 'code':
      return step('spendCode', spent.at, spent.familyId, issuer, spent.id)
    case 'refresh_token':
      return step('spendRefreshToken', spent.at, spent.childId, issuer, spent.id)
    case 'code_slot': {
      const { userId, clientId, codeId, until, at } = spent
      return step('spendCodeSlot', issuer, userId, clientId, codeId, until, at)
    }
    case 'assertion': {
      const { clientId, jtiHash, expiresAt } = spent
      return step('spendAssertion', issuer, clientId, jtiHash, expiresAt)
    }
    case 'lease': {
      const { name, holder, until, at } = spent
      return step('spendLease', issuer, name, holder, until, at)
    }
  }
}

/** What leaves with the thing that was spent, before anything is changed. */
export function spentSteps({ issuer }: Writer, { spend }: Plan): Step[] {
  return spend?.what === 'refresh_token' ? [step('dropCell', issuer, spend.id)] : []
}

/** What a plan writes once its spend was won, in this order. */
export function changeSteps(writer: Writer, { changes, events }: Plan): Step[] {
  const { issuer } = writer
  const steps: Step[] = []
  for (const change of changes) steps.push(...write(issuer, change))
  for (const event of events) {
    const values = rows.events.write(event, [issuer, writer.eventId()])
    steps.push({ sql: 'putEvent', values })
  }
  return steps
}

function write(issuer: number, change: Change): Step[] {
  if ('put' in change) return put(issuer, change)
  if ('end' in change) return end(issuer, change)
  if ('extend' in change) {
    return [step('extendSession', change.until, issuer, change.id, change.until)]
  }
  if ('widen' in change) {
    const { id, scope, resources } = change
    return [step('widenGrant', JSON.stringify(scope), JSON.stringify(resources), issuer, id)]
  }
  return [step('countWrongVerifier', change.limit, change.at, issuer, change.codeId)]
}

function put(issuer: number, change: Of<'put'>): Step[] {
  switch (change.put) {
    case 'client':
      return [row('putClient', issuer, rows.clients, change.client)]
    case 'user':
      return putUser(issuer, change.user)
    case 'session':
      return [row('putSession', issuer, rows.sessions, change.session)]
    case 'grant':
      return [row('putGrant', issuer, rows.grants, change.grant)]
    case 'family':
      return [row('putFamily', issuer, rows.families, change.family)]
    case 'code':
      return [row('putCode', issuer, rows.codes, change.code)]
    case 'refresh_token': {
      const { id, familyId, cell, cellUntil } = change.token
      const token = row('putRefreshToken', issuer, rows.refreshTokens, change.token)
      if (!cell || cellUntil === undefined) return [token]
      const kept = { id, familyId, cell, cellUntil }
      return [token, row('putCell', issuer, rows.cells, kept)]
    }
    case 'access_token':
      return [row('putAccessToken', issuer, rows.accessTokens, change.token)]
    case 'key':
      return [row('putKey', issuer, rows.keys, change.key)]
    case 'secret':
      return [row('putSecret', issuer, rows.secrets, change.secret)]
  }
}

function putUser(issuer: number, user: User): Step[] {
  const { id, username } = user
  const values = [issuer, ...rows.users.write(user), issuer, username, id]
  return [
    step('putUsername', issuer, username, id),
    step('dropFormerUsername', issuer, id, username),
    { sql: 'putUser', values, must: `The username "${username}" belongs to another user.` },
  ]
}

function end(issuer: number, change: Of<'end'>): Step[] {
  switch (change.end) {
    case 'user':
      return [
        step('endUser', change.at, issuer, change.id),
        step('dropUsernames', issuer, change.id),
      ]
    case 'session':
      return [step('endSession', change.at, issuer, change.id)]
    case 'session_families': {
      const { at, reason, sessionId } = change
      return [
        // The codes first: one that another server spends at this moment is waited for, and then
        // its family is there to be ended, too.
        step('endSessionCodes', at, issuer, sessionId),
        step('endSessionFamilies', at, reason, issuer, sessionId),
        step('dropSessionCells', issuer, sessionId),
      ]
    }
    case 'grant':
      return [
        step('endGrant', change.at, change.reason, issuer, change.id),
        step('dropGrantCells', issuer, change.id),
      ]
    case 'family':
      return [
        step('endFamily', change.at, change.reason, issuer, change.id),
        step('dropFamilyCells', issuer, change.id),
      ]
    case 'access_token':
      return [step('endAccessToken', change.at, issuer, change.id)]
    case 'jwt':
      return [step('endJwt', issuer, change.jtiHash, change.expiresAt)]
    case 'key':
      return [step('endKey', issuer, change.kid)]
  }
}
