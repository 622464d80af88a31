// The list of stores, chosen by the scheme of their URL.

import type { Store } from '@patois/core'
import type { StoreOptions } from './mark.ts'

export type { StoreOptions } from './mark.ts'

type Open = (url: string, options: StoreOptions) => Promise<Store>

const postgres: Open = async (url, options) =>
  (await import('./postgres.ts')).openPostgres({ url, ...options })

const stores: Readonly<Record<string, Open>> = {
  sqlite: async (url, options) => {
    const path = url.slice('sqlite:'.length)
    return (await import('./sqlite.ts')).openSqlite({ path, ...options })
  },
  postgres,
  postgresql: postgres,
}

/** Opens the store behind a URL such as `sqlite:./patois.db` or `postgres://user@host/database`. */
export async function openStore(url: string, options: StoreOptions): Promise<Store> {
  const [scheme = '', ...rest] = url.split(':')
  const open = Object.hasOwn(stores, scheme) ? stores[scheme] : undefined
  if (!open || rest.join('') === '') {
    const known = Object.keys(stores).join(', ')
    // Only the scheme is said: the rest of a database URL may carry a password.
    throw new Error(
      open
        ? `The store URL "${scheme}:" does not say where the database is, as "sqlite:./patois.db" does.`
        : `No store has the scheme "${rest.length ? scheme : ''}" (known: ${known}): write for example "sqlite:./patois.db".`,
    )
  }
  return open(url, options)
}
