// Web: keeps tokens in a browser, where all tabs of an origin share them.

import type { TokenStore } from '../store.ts'

const TOKENS = 'tokens'

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1)
  request.onupgradeneeded = () => request.result.createObjectStore(TOKENS)
  return settled(request)
}

async function inDatabase<T>(name: string, work: (database: IDBDatabase) => Promise<T>) {
  const database = await openDatabase(name)
  try {
    return await work(database)
  } finally {
    database.close()
  }
}

function put(database: IDBDatabase, name: string, value: string | undefined): Promise<void> {
  const transaction = database.transaction(TOKENS, 'readwrite', { durability: 'strict' })
  const store = transaction.objectStore(TOKENS)
  if (value === undefined) store.delete(name)
  else store.put(value, name)
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })
}

/**
 * A store in this origin's IndexedDB, behind a Web Lock, which the browser frees when its tab ends.
 * Throws a TypeError where there are none: on pages without https, other than of loopback.
 */
export function webStore({ database = 'patois' }: { database?: string } = {}): TokenStore {
  if (!globalThis.navigator?.locks || !globalThis.indexedDB) {
    throw new TypeError('the web store needs Web Locks and IndexedDB: a browser and https')
  }
  return {
    leavesProcess: true,
    transaction: (name, work) =>
      navigator.locks.request(`${database} ${name}`, () =>
        work({
          read: () =>
            inDatabase(database, (opened) =>
              settled<string | undefined>(opened.transaction(TOKENS).objectStore(TOKENS).get(name)),
            ),
          write: async (value) => {
            await inDatabase(database, (opened) => put(opened, name, value))
            return true
          },
        }),
      ),
  }
}
