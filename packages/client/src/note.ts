// Note: what is written down of a grant's tokens, who may read it, and how long it is good.

import type { Dialect } from '@patois/core/caller'
import type { Connection } from './connection.ts'
import { Refused } from './errors.ts'
import { pause } from './retry.ts'
import type { Seal } from './seal.ts'
import type { Entry } from './store.ts'
import type { Tokens } from './tokens.ts'

/** Tokens as they are written down; moments are of the clock of whoever reads them. */
export type Note = {
  /** Whom they are for. The server is part of it: a token is for the one that it came from. */
  for: string
  tokens: Tokens
  receivedAt: number
  /** How far the server's clock was ahead of the writer's, in seconds, where that was known. */
  ahead?: number
  /** The code of the refusal that ended them. */
  dead?: string
}

/** What reading and writing notes takes. */
export type Keeping = {
  connection: Connection<Dialect>
  seal: Seal | undefined
  name: string
  /** Seconds. */
  margin: number
  /** What a store has failed to write down, and what it is to replace there. */
  owed: { instead: string | undefined; note: Note } | undefined
}

/** An entry, and the text that was read there last. */
export type Place = { entry: Entry; text: string | undefined }

const WRITES = 3
const WRITE_PAUSE_MS = 100

function owner({ connection }: Keeping): string {
  const { dialect, url, environment, variables, clientId } = connection
  const parts = Object.entries(variables).map((part) => part.join('='))
  return [dialect.name, url ?? environment ?? '', ...parts.sort(), clientId].join(' ')
}

/** A note of tokens that came just now. */
export function noteOf(keeping: Keeping, tokens: Tokens): Note {
  const { now, clock } = keeping.connection
  const { ahead } = clock
  return { for: owner(keeping), tokens, receivedAt: now(), ...(ahead !== undefined && { ahead }) }
}

/**
 * The note that is kept; what could not be written down before is written now. Throws a TypeError
 * when the name is another grant's, and an Error when no secret opens it.
 */
export async function readNote(keeping: Keeping, place: Place): Promise<Note | undefined> {
  place.text = await place.entry.read()
  const { owed } = keeping
  if (owed && owed.instead === place.text) {
    if (await insist(keeping, place, owed.note)) return owed.note
    place.text = await place.entry.read()
  }
  keeping.owed = undefined
  return openNote(keeping, place)
}

/** The note that was read last. Throws as reading does. */
export async function openNote(keeping: Keeping, { text }: Place): Promise<Note | undefined> {
  if (text === undefined) return undefined
  const { seal, name } = keeping
  const note = JSON.parse(seal ? await seal.open(text, name) : text) as Note
  if (note.for === owner(keeping)) return onOwnClock(keeping, note)
  throw new TypeError(`${name} keeps tokens of ${note.for}: take another name`)
}

// Machines that share a store may disagree about the time; the server's is the same for all. Who
// has not heard the server yet believes the earlier of both ends.
function onOwnClock({ connection }: Keeping, note: Note): Note {
  const { ahead = 0 } = note
  const own = connection.clock.ahead
  const shift = own === undefined ? Math.min(0, ahead) : ahead - own
  if (shift === 0) return note
  const { expiresAt, refreshExpiresAt } = note.tokens
  const tokens = {
    ...note.tokens,
    ...(expiresAt !== undefined && { expiresAt: expiresAt + shift }),
    ...(refreshExpiresAt !== undefined && { refreshExpiresAt: refreshExpiresAt + shift }),
  }
  return { ...note, tokens, receivedAt: note.receivedAt + shift, ahead: ahead - shift }
}

/** Writes a note, or that there is none. False when others have changed what was read. */
export async function writeNote(
  { seal, name }: Keeping,
  { entry }: Place,
  note: Note | undefined,
): Promise<boolean> {
  const text = note && JSON.stringify(note)
  return entry.write(text && seal ? await seal.close(text, name) : text)
}

/** Writes a note that must not get lost: what fails is tried again, here and at the next reading. */
export async function insist(keeping: Keeping, place: Place, note: Note): Promise<boolean> {
  keeping.owed = { instead: place.text, note }
  for (let attempt = 1; ; attempt++) {
    try {
      const isWritten = await writeNote(keeping, place, note)
      keeping.owed = undefined
      return isWritten
    } catch (error) {
      if (attempt === WRITES) throw error
      await pause(WRITE_PAUSE_MS * attempt)
    }
  }
}

/** Fails when a name is another grant's; what no secret opens is nobody's any more. */
export async function checkOwner(keeping: Keeping, place: Place): Promise<void> {
  try {
    await readNote(keeping, place)
  } catch (error) {
    if (error instanceof TypeError) throw error
  }
}

/** Seconds until the access token ends. */
export function secondsLeft({ connection }: Keeping, { tokens }: Note): number {
  return (tokens.expiresAt ?? Number.POSITIVE_INFINITY) - connection.now()
}

/** True while the access token works, unless an API has refused it. */
export function isAlive(keeping: Keeping, note: Note, refused?: string): boolean {
  const isOut = note.dead !== undefined || note.tokens.accessToken === refused
  return !isOut && secondsLeft(keeping, note) > 0
}

/** True while it need not be renewed. */
export function isFresh(keeping: Keeping, note: Note, refused?: string): boolean {
  const { expiresAt = Number.POSITIVE_INFINITY } = note.tokens
  // Of a short life not more than half is given away.
  const margin = Math.min(keeping.margin, (expiresAt - note.receivedAt) / 2)
  return isAlive(keeping, note, refused) && secondsLeft(keeping, note) > margin
}

/** What is thrown when somebody has to sign in: nothing is kept, or what is kept has ended. */
export function ended({ connection }: Keeping, note: Note | undefined): Refused {
  const sent = { method: '', url: '', headers: {}, body: '' }
  const sentence = note ? 'the kept tokens have ended: sign in anew' : 'no tokens are kept'
  return new Refused(
    { code: note?.dead ?? 'login_required', sentence },
    { status: 0, headers: {}, body: '' },
    { dialect: connection.dialect.name, operation: 'keep', sent },
  )
}
