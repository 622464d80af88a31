// The command line: one file a command.

import cluster from 'node:cluster'
import { Command } from 'commander'
import { VERSION } from '../version.ts'
import { addBackup } from './backup.ts'
import { addClock } from './clock.ts'
import { addDev } from './dev.ts'
import { addDialect } from './dialect.ts'
import { addDoctor } from './doctor.ts'
import { addHash } from './hash.ts'
import { addMove } from './move.ts'
import { checkKeptByNpm } from './npm.ts'
import { addRevoke } from './revoke.ts'
import { command } from './run.ts'
import { addServe } from './serve.ts'

const program = new Command('patois')
  .description('OAuth in every dialect: an OAuth 2.1 and OpenID Connect server')
  .version(VERSION)
  .showHelpAfterError()

const COMMANDS = [
  addServe,
  addDev,
  addDoctor,
  addClock,
  addBackup,
  addMove,
  addRevoke,
  addDialect,
  addHash,
]
for (const add of COMMANDS) add(program)

await command(async () => {
  checkKeptByNpm(process.env)
  await program.parseAsync()
})
// A worker would stay for as long as its primary could speak to it.
cluster.worker?.disconnect()
