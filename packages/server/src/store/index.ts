// The list of stores, chosen by the scheme of their URL.

import type { Store } from '@patois/core'
import type { StoreOptions } from './mark.ts'
import type { How, Side } from './side.ts'

export type { StoreOptions } from './mark.ts'

type Kind = {
  store(url: string, options: StoreOptions): Promise<Store>
  side(url: string, how: How): Promise<Side>
}

const postgres: Kind = {
  store: async (url, options) => (await import('./postgres.ts')).openPostgres({ url, ...options }),
  side: async (url, how) => (await import('./postgres/side.ts')).openPostgresSide(url, how),
}

const stores: Readonly<Record<string, Kind>> = {
  sqlite: {
    store: async (url, options) =>
      (await import('./sqlite.ts')).openSqlite({ path: pathOf(url), ...options }),
    side: async (url, how) => (await import('./sqlite/side.ts')).openSqliteSide(pathOf(url), how),
  },
  postgres,
  postgresql: postgres,
}

function pathOf(url: string): string {
  return url.slice('sqlite:'.length)
}

/** Opens the store behind a URL such as `sqlite:./patois.db` or `postgres://user@host/database`. */
export async function openStore(url: string, options: StoreOptions): Promise<Store> {
  return kindOf(url).store(url, options)
}

/** Opens the database behind a URL to be carried elsewhere, or to be filled. */
export async function openSide(url: string, how: How): Promise<Side> {
  return kindOf(url).side(url, how)
}

function kindOf(url: string): Kind {
  const [scheme = '', ...rest] = url.split(':')
  const kind = Object.hasOwn(stores, scheme) ? stores[scheme] : undefined
  if (!kind || rest.join('') === '') {
    const known = Object.keys(stores).join(', ')
    // Only the scheme is said: the rest of a database URL may carry a password.
    throw new Error(
      kind
        ? `The store URL "${scheme}:" does not say where the database is, as "sqlite:./patois.db" does.`
        : `No store has the scheme "${rest.length ? scheme : ''}" (known: ${known}): write for example "sqlite:./patois.db".`,
    )
  }
  return kind
}
