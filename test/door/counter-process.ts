// One process that counts in a store under one name, and now and then freezes while it holds the lock.

import { type OpenedStore, openTokens, type StorePlace } from './open-tokens.ts'

const [order = ''] = process.argv.slice(2)
const { place, leaseMs, seconds } = JSON.parse(order) as {
  place: StorePlace
  leaseMs: number
  seconds: number
}
const { store }: OpenedStore = await openTokens(place, { leaseMs })
const cell = new Int32Array(new SharedArrayBuffer(4))

const counted = { written: 0, refused: 0 }
const end = performance.now() + seconds * 1000
const isOver = () => {
  // On a busy machine the others may come late.
  const more = counted.refused === 0 ? 5000 : 0
  return performance.now() > end + more
}
while (!isOver()) {
  await store.transaction('count', async ({ read, write }) => {
    const count = Number((await read()) ?? 0)
    // Frozen as a stopped process is: no sign of life, and no idea of it.
    if (Math.random() < 0.3) Atomics.wait(cell, 0, 0, leaseMs * (2 + 3 * Math.random()))
    if (await write(String(count + 1))) counted.written++
    else counted.refused++
  })
}
process.stdout.write(JSON.stringify(counted))
process.exit()
