// Keep: tokens that stay fresh without races, whoever asks for them and in how many processes.

import type { Dialect } from '@patois/core/caller'
import type { Connection } from './connection.ts'
import { checkOwner, type Note, noteOf, type Place, readNote, writeNote } from './note.ts'
import { fetchWith } from './present.ts'
import { fresh, type Keeper } from './renew.ts'
import { sealOf } from './seal.ts'
import type { TokenStore } from './store.ts'
import type { Tokens } from './tokens.ts'

/** What `keep` is told. */
export type KeepOptions = {
  /** Whose tokens they are: what `connect` gave. */
  client: { readonly connection: Connection<Dialect> }
  store: TokenStore
  /** What they are kept under: one name for each grant, such as a user's id. */
  name: string
  /** They are encrypted with the first; any opens what was kept before. 32 characters at least. */
  secrets?: readonly string[] | undefined
  /** Where tokens come from when none are kept, as from client credentials. */
  obtain?: (() => Promise<Tokens>) | undefined
  /** How long before its end a token is renewed, in seconds; 60 when left out. */
  marginSeconds?: number | undefined
  /** How long after a failed refresh the next is tried, in seconds; 5 when left out. */
  cooldownSeconds?: number | undefined
}

/** Tokens that are kept. */
export type Kept = {
  /**
   * An access token that is good for a while. Throws Refused with meaning `dead` when somebody has
   * to sign in anew, and whatever a refresh throws while the token that there is has ended.
   */
  getToken(): Promise<string>
  /** The tokens as they are kept; undefined when there are none. */
  read(): Promise<Tokens | undefined>
  /** Keeps new tokens: after a sign-in. Throws a TypeError when the name is another grant's. */
  save(tokens: Tokens): Promise<void>
  /** Forgets them: after a logout. Revoking them is another call. */
  forget(): Promise<void>
  /** `fetch` with the token: renews it and tries once more when the API says that it has ended. */
  fetch: typeof fetch
}

/**
 * Keeps the tokens of one grant in a store. Throws a TypeError when a store that leaves the process
 * is given no secret.
 */
export function keep(options: KeepOptions): Kept {
  const { client, store, name, secrets } = options
  if (store.leavesProcess && secrets === undefined) {
    throw new TypeError('secrets: this store leaves the process, give one to encrypt with')
  }
  const keeper: Keeper = {
    connection: client.connection,
    store,
    name,
    seal: secrets && sealOf(secrets),
    obtain: options.obtain,
    margin: options.marginSeconds ?? 60,
    cooldown: options.cooldownSeconds ?? 5,
    known: undefined,
    owed: undefined,
    failure: undefined,
    flight: undefined,
  }
  return {
    getToken: async () => (await fresh(keeper)).tokens.accessToken,
    read: async () => (await inPlace(keeper, (place) => readNote(keeper, place)))?.tokens,
    save: (tokens) => change(keeper, () => noteOf(keeper, tokens)),
    forget: () => change(keeper, () => undefined),
    fetch: async (input, init) => fetchWith(keeper, new Request(input, init)),
  }
}

function inPlace<T>({ store, name }: Keeper, work: (place: Place) => Promise<T>): Promise<T> {
  return store.transaction(name, (entry) => work({ entry, text: undefined }))
}

function change(keeper: Keeper, make: () => Note | undefined): Promise<void> {
  return inPlace(keeper, async (place) => {
    const note = make()
    // What a person has just done stands, whatever a refresh of before has written meanwhile.
    do await checkOwner(keeper, place)
    while (!(await writeNote(keeper, place, note)))
    keeper.owed = undefined
    keeper.known = note
    keeper.failure = undefined
  })
}
