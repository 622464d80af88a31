// Patois on a store whose every answer comes later, for the race of refreshes.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@patois/core'
import { app, knownDialects, openLog, openStore, readConfiguration, systemClock } from 'patois'

const [configurationFile = '', slow = '0'] = process.argv.slice(2)

/** The same store, each operation so many milliseconds later. */
function slowStore(store: Store, milliseconds: number): Store {
  const slowed = Object.entries(store).map(([name, work]) => {
    if (typeof work !== 'function' || !/^(find|commit|is)/.test(name)) return [name, work]
    const later = async (...given: unknown[]): Promise<unknown> => {
      await sleep(milliseconds)
      return Reflect.apply(work, store, given)
    }
    return [name, later]
  })
  return Object.fromEntries(slowed)
}

const parts = { text: readFileSync(configurationFile, 'utf8'), env: {}, dev: false }
const read = readConfiguration({ ...parts, dialects: await knownDialects(parts) })
if (!read.ok) throw new Error(read.faults.join('\n'))
const { configuration } = read
const { issuer, dev, listen } = configuration
const store = slowStore(await openStore(configuration.database, { issuer, dev }), Number(slow))
const { http } = await app({
  configuration,
  store,
  clock: systemClock(),
  log: openLog('info'),
  masterKeys: [process.env.PATOIS_MASTER_KEY ?? ''],
})
await http.listen(listen)
process.stdout.write(`Patois answers at ${issuer}\n`)
