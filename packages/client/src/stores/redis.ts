// Redis: keeps tokens in a Redis that processes of many machines share.

import { type Cells, type LeaseTimes, leasedStore } from '../lease.ts'
import type { TokenStore } from '../store.ts'

/** A client that sends any command, as ioredis, node-redis and Bun have it. */
export type RedisClient =
  | { call(command: string, ...values: string[]): Promise<unknown> }
  | { sendCommand(words: string[]): Promise<unknown> }
  | { send(command: string, values: string[]): Promise<unknown> }

/** What can be chosen about the keys. */
export type RedisOptions = LeaseTimes & {
  /** In front of every key; `patois:` when left out. */
  prefix?: string | undefined
}

// An empty text stands for nothing.
const SWAP = `
local found = redis.call('GET', KEYS[1]) or ''
if found ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
return 1`

function send(client: RedisClient, command: string, ...values: string[]): Promise<unknown> {
  if ('call' in client) return client.call(command, ...values)
  if ('sendCommand' in client) return client.sendCommand([command, ...values])
  return client.send(command, values)
}

/**
 * A store in Redis. It forgets what Redis does: let it write down each change, and evict nothing.
 */
export function redisStore(client: RedisClient, options: RedisOptions = {}): TokenStore {
  const { prefix = 'patois:' } = options
  const cells: Cells = {
    read: async (key) => {
      const value = await send(client, 'GET', prefix + key)
      return typeof value === 'string' ? value : undefined
    },
    swap: async (key, before = '', after = '') =>
      Number(await send(client, 'EVAL', SWAP, '1', prefix + key, before, after)) === 1,
  }
  return leasedStore(cells, options)
}
