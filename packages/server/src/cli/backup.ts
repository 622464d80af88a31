// patois backup and patois restore: the whole database as one file, and back.

import type { Command } from 'commander'
import { systemClock } from '../clock.ts'
import { addWhere, databaseOf, inSentences, numbered, openProgress, type Where } from './carry.ts'
import { command } from './run.ts'

type Options = Where & { overwrite?: true }

/** Adds both commands. */
export function addBackup(program: Command): void {
  addWhere(program.command('backup'))
    .description('Back the database up into one file, while servers go on.')
    .argument('<file>', 'the file to make')
    .option('--overwrite', 'replace a file of that name')
    .action((file: string, options: Options) =>
      command(() => inSentences(() => makeBackup(file, options))),
    )
  addWhere(program.command('restore'))
    .description('Put a backup in place of the database of servers that are stopped.')
    .argument('<file>', 'the file of the backup')
    .option('--overwrite', 'replace a database that holds something')
    .action((file: string, options: Options) =>
      command(() => inSentences(() => putBack(file, options))),
    )
}

async function makeBackup(file: string, options: Options): Promise<void> {
  const { backup } = await import('../store/backup.ts')
  const { rows, bytes } = await backup(partsOf(file, options, 'backing up'))
  process.stdout.write(
    `Backed up ${numbered(rows)} rows into ${file} (${numbered(bytes)} bytes), and read it again: it is whole.\n`,
  )
}

async function putBack(file: string, options: Options): Promise<void> {
  const { restore } = await import('../store/backup.ts')
  const parts = partsOf(file, options, 'restoring')
  const { rows, name, at, former } = await restore(parts)
  const kept = former === undefined ? '' : `The former database is kept as ${former}.\n`
  const time = new Date(at * 1000).toISOString().replace('.000', '')
  const config = options.config === undefined ? '' : ` --config ${options.config}`
  // By its name: a URL may carry a password.
  const database = options.database === undefined ? '' : ` --database ${name}`
  process.stdout.write(
    `Restored ${numbered(rows)} rows from ${file}.\n${kept}` +
      'What was revoked since the backup was made works again, and so does a refresh token that was used since.\n' +
      'To end all that is older than now, so that everybody signs in again:\n' +
      `  patois revoke --issued-before ${time}${config}${database}\n`,
  )
}

function partsOf(file: string, options: Options, doing: string) {
  const { overwrite = false } = options
  const now = systemClock().now()
  return { database: databaseOf(options), file, now, overwrite, progress: openProgress(doing) }
}
