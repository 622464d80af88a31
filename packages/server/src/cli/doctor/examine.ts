// Examine: everything that the doctor looks at, in the order in which one thing explains the next.

import type { Configuration } from '../../configuration.ts'
import { type Looked, lookAt } from '../../store/look.ts'
import { checkDatabase, closedDatabase } from './database.ts'
import { checkFiles, checkMetrics } from './files.ts'
import type { Finding } from './finding.ts'
import { checkIssuer } from './issuer.ts'
import { checkKeys } from './keys.ts'
import { checkProxy, checkTrusted } from './proxy.ts'

/** What is examined: a configuration without faults, where it was read, and the master keys. */
export type Patient = {
  file: string | undefined
  configuration: Configuration
  masterKeys: readonly string[]
}

/** Looks at a deployment and changes nothing, beside servers that run. */
export async function examine({ file, configuration, masterKeys }: Patient): Promise<Finding[]> {
  const [masterKey = ''] = masterKeys
  const { looked, findings } = await lookAtDatabase(configuration)
  const now = Math.floor(Date.now() / 1000)
  const isUsed = looked !== undefined && looked.keys.length > 0
  const reached = await checkIssuer({ configuration, looked })
  const isThere = reached.every(({ about, state }) => about !== 'issuer' || state === 'good')
  return [
    ...checkFiles(file, configuration),
    ...checkMetrics(configuration),
    ...findings,
    ...(isUsed ? checkKeys(looked, masterKeys, configuration, now) : []),
    ...reached,
    ...checkTrusted(configuration),
    ...(isThere ? await checkProxy(configuration, masterKey) : []),
  ]
}

async function lookAtDatabase(
  configuration: Configuration,
): Promise<{ looked?: Looked; findings: Finding[] }> {
  try {
    const looked = await lookAt(configuration.database)
    return { looked, findings: checkDatabase(looked, configuration) }
  } catch (error) {
    return { findings: [closedDatabase(error as Error)] }
  }
}
