// patois dialect: which dialects there are, whether a file is one, and what it looks like on the wire.

import { DIALECTS, type Dialect } from '@patois/core'
import type { Command } from 'commander'
import { isDialectFile, readDialectFile } from '../configuration/dialect-files.ts'
import { stationsOf } from '../http/routes.ts'
import { exampleOf } from './dialect-example.ts'
import { command, StartFault } from './run.ts'

/** Adds the commands. */
export function addDialect(program: Command): void {
  const dialect = program.command('dialect').description('Look at dialects, and check your own.')
  dialect
    .command('list')
    .description('List the dialects that are built in, and those of the catalogue.')
    .action(() => command(async () => list()))
  dialect
    .command('check')
    .argument('<file>', 'A dialect in YAML or JSON.')
    .description('Check a dialect file; every fault is listed with its path.')
    .action((file: string) => command(async () => check(file)))
  dialect
    .command('show')
    .argument('<name>', 'A dialect of the list, or a file.')
    .description('Show a request, an answer and a refusal of each operation.')
    .action((name: string) => command(async () => show(name)))
}

async function allDialects(): Promise<readonly Dialect[]> {
  const { CATALOGUE } = await import('@patois/core/catalogue')
  return [...DIALECTS, ...CATALOGUE]
}

async function list(): Promise<void> {
  const all = await allDialects()
  const widest = Math.max(...all.map(({ name }) => name.length))
  for (const { name, title, serve } of all) {
    const only = serve === false ? ' (for callers only)' : ''
    process.stdout.write(`${name.padEnd(widest)}  ${title}${only}\n`)
  }
}

function check(file: string): void {
  const dialect = read(file)
  const { name, title, operations } = dialect
  const count = Object.keys(operations).length
  process.stdout.write(`${file} is fine: ${name} (${title}), operations: ${count}\n`)
  const fault = rootFault(dialect)
  if (fault !== undefined) {
    process.stdout.write(`It has to be mounted at a prefix (at), because at the root: ${fault}\n`)
  }
}

// Below a prefix nothing is reserved, so it is a dialect all the same.
function rootFault(dialect: Dialect): string | undefined {
  if (dialect.serve === false) return undefined
  try {
    stationsOf([{ dialect, at: '' }], '')
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

async function show(name: string): Promise<void> {
  const all = await allDialects()
  const dialect = all.find((one) => one.name === name)
  if (!dialect && !isDialectFile(name)) {
    const names = all.map((one) => one.name).join(', ')
    throw new StartFault(`There is no dialect ${name} (known: ${names}), and it is no file.`)
  }
  process.stdout.write(exampleOf(dialect ?? read(name)))
}

function read(file: string): Dialect {
  const found = readDialectFile(file, file)
  if (found.ok) return found.dialect
  const count = found.faults.length === 1 ? 'one fault' : `${found.faults.length} faults`
  throw new StartFault(`This is no dialect, for ${count}:\n${found.faults.join('\n')}`)
}
