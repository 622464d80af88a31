// The command line: one file a command.

import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addDev } from './dev.ts'
import { addDialect } from './dialect.ts'
import { addHash } from './hash.ts'
import { checkKeptByNpm } from './npm.ts'
import { command } from './run.ts'
import { addServe } from './serve.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string }

const program = new Command('patois')
  .description('OAuth in every dialect: an OAuth 2.1 and OpenID Connect server')
  .version(version)
  .showHelpAfterError()

for (const add of [addServe, addDev, addDialect, addHash]) add(program)

await command(async () => {
  checkKeptByNpm(process.env)
  await program.parseAsync()
})
