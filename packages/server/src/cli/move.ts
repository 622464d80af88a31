// patois move: a whole database to another place, with every token, grant, session and key.

import type { Command } from 'commander'
import type { Pair } from '../store/move.ts'
import type { How } from '../store/side.ts'
import { inSentences, numbered, openProgress, rowsOf } from './carry.ts'
import { command } from './run.ts'

/** Adds the command. */
export function addMove(program: Command): void {
  program
    .command('move')
    .description('Move a database whose servers are stopped, and compare both in the end.')
    .argument('<from>', 'the database as it is, like sqlite:./patois.db')
    .argument('<to>', 'an empty one, like postgres://user@host/database')
    .option('--dry-run', 'write nothing, and say what would be moved, or how the two differ')
    .action((from: string, to: string, { dryRun }: { dryRun?: true }) =>
      command(() => inSentences(() => (dryRun ? tryOut(from, to) : moveAll(from, to)))),
    )
}

type Place = readonly [url: string, how: How]

/** Opens both databases for `work`; the target not before the source is seen to be one. */
export async function between(
  source: Place,
  target: Place,
  work: (pair: Pair) => Promise<void>,
): Promise<void> {
  const { openSide } = await import('../store/index.ts')
  const { checkKnown } = await import('../store/move.ts')
  const { carriedTables } = await import('../store/sqlite/tables.ts')
  const from = await openSide(...source)
  try {
    checkKnown(from)
    const to = await openSide(...target)
    try {
      await work({ from, to, tables: carriedTables() })
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
}

async function moveAll(source: string, target: string): Promise<void> {
  const { move } = await import('../store/move.ts')
  await between([source, 'source'], [target, 'target'], async (pair) => {
    const compared = await move(pair, openProgress('moving'))
    const [from, to] = [pair.from.name, pair.to.name]
    process.stdout.write(
      `Moved ${rowsOf(compared)} of ${compared.length} tables from ${from} to ${to}; both hold the same.\n` +
        'Set "database" to the new place, keep the master key, and start the server there. The old database was not changed.\n',
    )
  })
}

// Reads only, so servers may go on.
async function tryOut(source: string, target: string): Promise<void> {
  const { checkKnown, checkTarget, compare, isSame } = await import('../store/move.ts')
  await between([source, 'look'], [target, 'look'], async ({ from, to: found, tables }) => {
    const isThere = found.applied.length > 0
    if (isThere) checkKnown(found)
    const to = isThere ? found : { ...found, ask: () => [] }
    const compared = await compare({ from, to, tables }, openProgress('reading'))
    for (const one of compared) {
      const counts = `${numbered(one.from.rows)} here, ${numbered(one.to.rows)} there`
      process.stdout.write(`${one.table}: ${counts}${isSame(one) ? '' : ', to be moved'}\n`)
    }
    const differ = compared.filter((one) => !isSame(one)).length
    if (differ > 0) await checkTarget({ from, to, tables })
    const end = differ === 0 ? 'Both hold the same.' : 'Nothing was written.'
    process.stdout.write(`${differ} of ${compared.length} tables differ. ${end}\n`)
  })
}
