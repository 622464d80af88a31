// What PostgreSQL's errors mean: try again, answer later, or a bug of ours.

import { Unavailable } from '@patois/core'
import { DatabaseError } from 'pg'

/** Transactions were in each other's way (class 40), or ours idled: nothing of it was kept. */
export function isUndone(error: unknown): boolean {
  const state = stateOf(error) ?? ''
  return state.startsWith('40') || state === '25P03'
}

/** The server at the other end takes no writes: a standby, or a primary that was. */
export function isReadOnly(error: unknown): boolean {
  return stateOf(error) === '25006'
}

/** True when the connection is of no more use, or there never was one. */
export function isDisconnect(error: unknown): boolean {
  const state = stateOf(error)
  return state === undefined ? isOfNetwork(error) : /^(08|57P0)/.test(state)
}

/** True for what may go better the next moment. */
export function isWorthAnotherTry(error: unknown): boolean {
  // A row is locked, or every connection is somebody else's.
  const isTaken = ['55P03', '53300'].includes(stateOf(error) ?? '')
  return isUndone(error) || isReadOnly(error) || isDisconnect(error) || isTaken
}

/** True for an error that goes away by itself; a full disk and a slow statement do, too. */
export function isPassing(error: unknown): boolean {
  return isWorthAnotherTry(error) || /^(53|57|58)/.test(stateOf(error) ?? '')
}

/** The error that the caller of a store hears for one of PostgreSQL's. */
export function unavailable(error: unknown): Unavailable {
  return Object.assign(new Unavailable('The database cannot answer now.'), { cause: error })
}

/** The error to throw when the database `name` cannot be opened; a sentence without its password. */
export function openFault(name: string, error: unknown): unknown {
  if (error instanceof Unavailable) {
    const { message } = (error.cause ?? error) as Error
    return new Error(`The database ${name} does not answer: ${message}`, { cause: error })
  }
  const cure = cureOf(error)
  if (cure === undefined) return error
  const { message } = error as Error
  return new Error(`The database ${name} cannot be opened: ${message}. ${cure}`, { cause: error })
}

const PASSWORD = 'Set its password in PGPASSWORD or in ~/.pgpass.'
const CURES = new Map([
  ['28P01', PASSWORD],
  ['28000', 'Name another user in the URL, or let this one in.'],
  ['3D000', 'Make it, or name another one.'],
  ['42501', 'Let the user make tables there.'],
])

// `pg` itself says that it was told no password, or was offered no TLS.
function cureOf(error: unknown): string | undefined {
  const { message = '' } = error instanceof Error ? error : {}
  if (message.startsWith('SASL: ') && message.includes('password')) return PASSWORD
  if (message.endsWith('does not support SSL connections'))
    return 'Switch TLS on there, or take sslmode out of the URL.'
  return CURES.get(stateOf(error) ?? '')
}

function stateOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined
}

// What `pg` says itself has no code: that a connection ended, was slow, or could not be had.
function isOfNetwork(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof Unavailable) return false
  const { code } = error as NodeJS.ErrnoException
  if (code !== undefined) return /^(E[A-Z]+|CERT_|UNABLE_)/.test(code) && !code.startsWith('ERR_')
  return /^(Connection terminated|timeout |Query read timeout|Client (was closed|has encountered))/i.test(
    error.message,
  )
}
