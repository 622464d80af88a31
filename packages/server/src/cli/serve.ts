// patois serve: the server outside dev mode.

import type { Command } from 'commander'
import { knownDialects } from '../configuration/known.ts'
import { readConfiguration } from '../configuration.ts'
import { readMasterKeys } from '../master-key.ts'
import { addSettings, type Options } from './options.ts'
import { workerId } from './primary.ts'
import { command, refuseFaults, run } from './run.ts'

/** Adds the command. */
export function addServe(program: Command): void {
  addSettings(program.command('serve'))
    .description('Start the server. PATOIS_MASTER_KEY holds the key of its database.')
    .action((options: Options) => command(() => serve(options)))
}

async function serve({ config, ...flags }: Options): Promise<void> {
  const { env } = process
  const file = config === undefined ? {} : { file: config }
  const parts = { ...file, flags, env, dev: false }
  const read = readConfiguration({ ...parts, dialects: await knownDialects(parts) })
  const master = readMasterKeys(env.PATOIS_MASTER_KEY)
  if (!read.ok || !master.ok) {
    refuseFaults([...(read.ok ? [] : read.faults), ...(master.ok ? [] : [master.fault])])
  }
  const { configuration } = read
  const { issuer, listen, workers } = configuration
  const many = workers > 1 ? `, ${workers} workers` : ''
  const where = `listening on ${listen.host}:${listen.port}${many}`
  const ready = () => void process.stdout.write(`Patois answers at ${issuer} (${where})\n`)
  if (workers > 1 && workerId() === undefined) {
    const { runWorkers } = await import('./workers.ts')
    return runWorkers(configuration, ready)
  }
  await run({
    configuration,
    prepare: () => ({ configuration, masterKeys: master.secrets }),
    ready: () => workerId() === undefined && ready(),
  })
}
