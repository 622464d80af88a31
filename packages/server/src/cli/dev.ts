// patois dev: the server on this machine, ready to try, with a client and a user of its own.

import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import type { App } from '../app.ts'
import { isLoopback } from '../configuration/issuer.ts'
import { knownDialects } from '../configuration/known.ts'
import { type Configuration, readConfiguration } from '../configuration.ts'
import type { Demo } from '../emulator/demo.ts'
import { commandsOf } from '../http/demo.ts'
import { type MasterKeys, openDevMasterKey } from '../master-key.ts'
import { freePort } from '../ports.ts'
import { addSettings, type Options } from './options.ts'
import { command, refuseFaults, run, StartFault } from './run.ts'

/** Adds the command. */
export function addDev(program: Command): void {
  addSettings(program.command('dev'))
    .description('Start the server for development: on loopback only, with a client and a user.')
    .action((options: Options) => command(() => dev(options)))
}

async function dev({ config, ...said }: Options): Promise<void> {
  const { env } = process
  const file = config === undefined ? {} : { file: config }
  const flags = said.port === '0' ? { ...said, port: String(await freePort('127.0.0.1')) } : said
  const parts = { ...file, flags, env, dev: true }
  const read = readConfiguration({ ...parts, dialects: await knownDialects(parts) })
  if (!read.ok) return refuseFaults(read.faults)
  const { configuration } = read
  const kit = await openKit()
  await run({
    configuration,
    prepare: () => prepare(configuration, kit),
    ready: ({ site }) => site.demo && process.stdout.write(welcome(configuration, site.demo, site)),
  })
}

// This file is read by every command, and what dev mode is made of by this one alone.
async function openKit() {
  const { openDemo, withDemo } = await import('../emulator/demo.ts')
  const { staticKey } = await import('../emulator/static-keys.ts')
  return { openDemo, withDemo, staticKey }
}

type Kit = Awaited<ReturnType<typeof openKit>>

// Where secrets lie: beside the file, or where the file would be. Those of a database in memory
// end with it.
function pathOf({ database, listen }: Configuration): string | undefined {
  if (database === 'sqlite::memory:') return undefined
  const [, file] = /^sqlite:(.*)$/.exec(database) ?? []
  return file ?? `./.patois/${listen.port}/postgres`
}

function prepare(configuration: Configuration, { openDemo, withDemo, staticKey }: Kit) {
  const path = pathOf(configuration)
  const master: MasterKeys = path
    ? openDevMasterKey(`${path}.key`)
    : { ok: true, secrets: [randomBytes(32).toString('base64url')] }
  if (!master.ok) throw new StartFault(master.fault)
  const demo = inSentence(() => openDemo(path && `${path}.demo.json`, configuration))
  return {
    configuration: withDemo(configuration, demo),
    masterKeys: master.secrets,
    demo,
    // What is kept nowhere is the same again after a start.
    ...(path === undefined && { firstKey: staticKey }),
  }
}

function inSentence<T>(open: () => T): T {
  try {
    return open()
  } catch (error) {
    throw new StartFault(error instanceof Error ? error.message : String(error))
  }
}

function welcome({ issuer, listen }: Configuration, demo: Demo, site: App['site']): string {
  const whom = isLoopback(listen.host) ? 'this machine only' : 'whoever reaches it has all of it'
  const commands = commandsOf(site, demo).map(
    ({ dialect, title, command: line }) => `  # ${dialect}, ${title}\n  ${line}\n`,
  )
  return `
Patois is ready at ${issuer} (dev mode: ${whom})

  client  ${demo.clientId}   secret    ${demo.clientSecret}
  user    ${demo.username}  password  ${demo.password}

Get a token:

${commands.join('\n')}
Or open ${issuer} in a browser and sign in; ${issuer}/dev draws what is asked and answered.
Ctrl+C stops the server.
`
}
