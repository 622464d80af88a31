// What PostgreSQL's errors mean: try again, answer later, or a bug of ours.

import { Unavailable } from '@patois/core'
import { DatabaseError } from 'pg'

/** There is no connection, so that nothing was sent; `again` where the next moment may bring one. */
export class Unconnected extends Error {
  readonly again: boolean

  constructor(cause: unknown, again: boolean) {
    super('There is no connection.', { cause })
    this.again = again
  }
}

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
  if (error instanceof Unconnected) return error.again
  const isLocked = stateOf(error) === '55P03'
  return isUndone(error) || isReadOnly(error) || isDisconnect(error) || isLocked || isFull(error)
}

/** The server has no connection left for us, who may have some of them. */
export function isFull(error: unknown): boolean {
  return stateOf(error) === '53300'
}

/**
 * True for an error that goes away by itself; a full disk and a slow statement do, too, and whoever
 * lets nobody in is not the fault of what was asked.
 */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof Unconnected ||
    isWorthAnotherTry(error) ||
    /^(53|57|58)/.test(stateOf(error) ?? '')
  )
}

/** The error that the caller of a store hears for one of PostgreSQL's. */
export function unavailable(error: unknown): Unavailable {
  const cause = error instanceof Unconnected ? error.cause : error
  return Object.assign(new Unavailable('The database cannot answer now.'), { cause })
}

/**
 * The error to throw when the database `name` cannot be opened: a sentence without its password,
 * which ends with what to do where that is known, and that alone as its `cure`.
 */
export function openFault(name: string, error: unknown): unknown {
  const cause = error instanceof Unavailable ? (error.cause ?? error) : error
  const { message } = cause as Error
  const cure = cureOf(cause)
  if (cure !== undefined) {
    // What Node advises there is done in the URL.
    const what = message.replace(/; if the root CA.*$/s, '')
    const sentence = `The database ${name} cannot be opened: ${what}. ${cure}`
    return Object.assign(new Error(sentence, { cause }), { cure })
  }
  if (!(error instanceof Unavailable)) return error
  return new Error(`The database ${name} does not answer: ${message}`, { cause })
}

const PASSWORD = 'Set its password in PGPASSWORD or in ~/.pgpass.'
const AUTHORITY = 'Name the certificate of its authority in the URL, as sslrootcert.'
const FILES = 'Correct sslrootcert, sslcert or sslkey in the URL.'

/** What to do, by SQLSTATE and by what Node calls a fault of TLS. */
const CURES = new Map([
  ['28P01', PASSWORD],
  ['28000', 'Name another user in the URL, or let this one in.'],
  ['3D000', 'Make it, or name another one.'],
  ['42501', 'Let the user make tables there.'],
  ['CERT_HAS_EXPIRED', 'Renew its certificate.'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', AUTHORITY],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'Name its host in the URL as the certificate does.'],
  ['SELF_SIGNED_CERT_IN_CHAIN', AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT', AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', AUTHORITY],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', AUTHORITY],
])

// `pg` itself says that it was told no password, or was offered no TLS.
function cureOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { message } = error
  const { code = '', syscall } = error as NodeJS.ErrnoException
  if (message.startsWith('SASL: ') && message.includes('password')) return PASSWORD
  if (message.endsWith('does not support SSL connections'))
    return 'Switch TLS on there, or take sslmode out of the URL.'
  // All files that are opened here are named in the URL; what they hold is read by OpenSSL.
  if (syscall === 'open' || code.startsWith('ERR_OSSL_')) return FILES
  return CURES.get(code)
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
