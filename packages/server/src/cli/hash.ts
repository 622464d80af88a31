// patois hash: the hash of a client secret or of a password, for the configuration file.

import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { nodeCrypto } from '../crypto.ts'
import { openPasswords } from '../password.ts'
import { command, StartFault } from './run.ts'

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
  process.stdout.write(`${secret ? secretHash(text) : await openPasswords().hash(text)}\n`)
}

function secretHash(text: string): string {
  return `sha256:${Buffer.from(nodeCrypto.sha256(text)).toString('hex')}`
}

// The question goes to stderr, so that stdout holds the hash alone.
async function readLine(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    if (process.stdin.isTTY) return await lines.question(question)
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
  }
}
