// Loaded into a server beforehand: on SIGUSR2 it says what it holds, after it has thrown away all it can.

import { writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

process.on('SIGUSR2', () => {
  collect()
  const resources = process.getActiveResourcesInfo()
  const timers = resources.filter((one) => one === 'Timeout' || one === 'Immediate').length
  const { rss, heapUsed } = process.memoryUsage()
  writeFileSync(process.env.PATOIS_VITALS ?? '', JSON.stringify({ rss, heapUsed, timers }))
})
