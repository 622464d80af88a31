// patois revoke: ends all tokens, sessions and codes that were issued before a moment.

import { type Command, InvalidArgumentError } from 'commander'
import { addWhere, databaseOf, inSentences, type Where } from './carry.ts'
import { command, StartFault } from './run.ts'

type Options = Where & { issuedBefore: number | 'now'; client?: string; user?: string }

/** Adds the command. */
export function addRevoke(program: Command): void {
  addWhere(program.command('revoke'))
    .description('End all tokens, sessions and codes that were issued before a moment.')
    .requiredOption('--issued-before <time>', 'like 2026-01-31T12:00:00Z, or now', readTime)
    .option('--client <client_id>', 'of this client only')
    .option('--user <username>', 'of this user only')
    .action((options: Options) => command(() => inSentences(() => revoke(options))))
}

const FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)$/

function readTime(text: string): Options['issuedBefore'] {
  if (text === 'now') return text
  const time = FORM.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError('Write a time with its zone, like 2026-01-31T12:00:00Z, or now.')
  }
  return Math.ceil(time / 1000)
}

async function revoke(options: Options): Promise<void> {
  const { issuedBefore, client, user } = options
  const [{ openSide }, { checkKnown }, { revokeIssued }] = await Promise.all([
    import('../store/index.ts'),
    import('../store/move.ts'),
    import('../store/revoke.ts'),
  ])
  const side = await openSide(databaseOf(options), 'beside')
  try {
    checkKnown(side)
    // What is to end bears the time of the servers, and this may be another machine.
    const at = await side.now()
    const before = issuedBefore === 'now' ? at : issuedBefore
    if (before > at)
      throw new StartFault(
        '--issued-before is in the future: what comes until then would be dead at its birth.',
      )
    const whose = {
      ...(client !== undefined && { clientId: client }),
      ...(user !== undefined && { username: user }),
    }
    await revokeIssued(side, { before, at, ...whose })
    const of = [
      user === undefined ? '' : ` of ${user}`,
      client === undefined ? '' : ` at ${client}`,
    ]
    const time = new Date(before * 1000).toISOString().replace('.000', '')
    process.stdout.write(
      `All that was issued${of.join('')} before ${time} has ended; running servers know within a second.\n` +
        'Whoever verifies JWTs without asking the server accepts them until they expire.\n',
    )
  } finally {
    await side.close()
  }
}
