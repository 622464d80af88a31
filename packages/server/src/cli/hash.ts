// patois hash: the hash of a client secret or of a password, for the configuration file.

import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Command } from 'commander'
import { nodeCrypto } from '../crypto.ts'
import { hashPassword } from '../password.ts'
import { command, StartFault } from './run.ts'

/** Shorter ones can be guessed, and their fast hash is made for those that cannot. */
const SHORTEST = 32
/** What a shell expects of a command that Ctrl+C ended. */
const INTERRUPTED = 130

/** Adds the command. */
export function addHash(program: Command): void {
  program
    .command('hash')
    .description('Hash what is typed or piped in: a password, or with --secret a client secret.')
    .option('--secret', 'write client_secret_hash instead of password_hash')
    .action((options: { secret?: boolean }) => command(() => hash(options)))
}

async function hash({ secret = false }: { secret?: boolean }): Promise<void> {
  const text = await readLine(secret ? 'Client secret: ' : 'Password: ')
  if (text === '') throw new StartFault('Nothing was typed.')
  if (secret && text.length < SHORTEST) {
    throw new StartFault(`A client secret has at least ${SHORTEST} characters.`)
  }
  process.stdout.write(`${secret ? secretHash(text) : await hashPassword(text)}\n`)
}

function secretHash(text: string): string {
  return `sha256:${Buffer.from(nodeCrypto.sha256(text)).toString('hex')}`
}

// The question goes to stderr, so that stdout holds the hash alone; what is typed goes nowhere.
async function readLine(question: string): Promise<string> {
  const { stdin, stderr } = process
  if (stdin.isTTY) stderr.write(question)
  const nowhere = new Writable({ write: (_, __, done) => done() })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY })
  lines.once('SIGINT', () => process.exit(INTERRUPTED))
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
    if (stdin.isTTY) stderr.write('\n')
  }
}
