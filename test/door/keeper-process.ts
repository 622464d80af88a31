// One process that keeps tokens: answers orders with what its callers got, or dies where it is told.

import { connect, type Kept, keep, type TokenStore } from '@patois/client'
import { standard } from '@patois/core/dialects/standard'
import type { KeeperAnswer, KeeperOrder } from './keepers.ts'
import { openTokens } from './open-tokens.ts'

const keepers = new Map<string, Kept>()
let order: KeeperOrder

const die = (at: KeeperOrder['dieAt']): void => {
  if (order.dieAt === at) process.kill(process.pid, 'SIGKILL')
}

const mortalFetch: typeof fetch = async (...request) => {
  die('before the request')
  const response = await fetch(...request)
  await response.clone().text()
  die('after the answer')
  return response
}

const mortal = (store: TokenStore): TokenStore => ({
  ...store,
  transaction: (name, work) =>
    store.transaction(name, ({ read, write }) =>
      work({
        read,
        write: async (value) => {
          const isWritten = await write(value)
          die('after the write')
          return isWritten
        },
      }),
    ),
})

const keeperOf = async ({ place, name, issuer, leaseMs, ...who }: KeeperOrder): Promise<Kept> => {
  const key = JSON.stringify([place, name])
  const known = keepers.get(key)
  if (known) return known
  const client = connect({
    dialect: standard,
    url: issuer,
    clientId: who.clientId,
    clientSecret: who.clientSecret,
    now: () => order.now,
    fetch: mortalFetch,
  })
  const { store } = await openTokens(place, { leaseMs })
  const made = keep({ client, store: mortal(store), name, secrets: who.secrets })
  keepers.set(key, made)
  return made
}

// Nobody is left who could end it.
process.on('disconnect', () => process.exit())

process.on('message', async (next: KeeperOrder) => {
  order = next
  const kept = await keeperOf(order)
  const all = await Promise.allSettled(Array.from({ length: order.callers }, () => kept.getToken()))
  const answer: KeeperAnswer = { tokens: [], errors: [] }
  for (const one of all) {
    if (one.status === 'fulfilled') answer.tokens.push(one.value)
    else answer.errors.push(String(one.reason))
  }
  process.send?.(answer)
})
