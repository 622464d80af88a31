// patois doctor: says what is wrong with a deployment, and how to mend it.

import type { Command } from 'commander'
import { knownDialects } from '../configuration/known.ts'
import { readConfiguration } from '../configuration.ts'
import { readMasterKeys } from '../master-key.ts'
import { examine } from './doctor/examine.ts'
import { type Finding, fault } from './doctor/finding.ts'
import { addSettings, type Options } from './options.ts'
import { command } from './run.ts'

/** Adds the command. */
export function addDoctor(program: Command): void {
  addSettings(program.command('doctor'))
    .option('--json', 'Print what was found as JSON.')
    .description('Look at what serve is started with, beside it, and say how to mend each fault.')
    .action(({ json, ...options }: Options & { json?: true }) =>
      command(async () => tell(await findingsOf(options), json === true)),
    )
}

async function findingsOf({ config: file, ...flags }: Options): Promise<Finding[]> {
  const { env } = process
  const parts = { ...(file !== undefined && { file }), flags, env, dev: false }
  const read = readConfiguration({ ...parts, dialects: await knownDialects(parts) })
  const master = readMasterKeys(env.PATOIS_MASTER_KEY)
  const faults = read.ok ? [] : read.faults
  const wrong = [
    ...faults.map((one) => fault('configuration', one, 'correct it: the server does not start')),
    ...(master.ok
      ? []
      : [fault('master key', master.fault, 'set what the server is started with')]),
  ]
  // With half of what a server is started with, everything else would be found wrong, too.
  if (!read.ok || !master.ok) return wrong
  return examine({ file, configuration: read.configuration, masterKeys: master.secrets })
}

function tell(findings: readonly Finding[], json: boolean): void {
  const faults = findings.filter(({ state }) => state === 'fault').length
  const ok = faults === 0
  process.stdout.write(
    json ? `${JSON.stringify({ ok, findings }, null, 2)}\n` : textOf(findings, faults),
  )
  if (!ok) process.exitCode = 1
}

function textOf(findings: readonly Finding[], faults: number): string {
  const widest = Math.max(...findings.map(({ about }) => about.length))
  const lines = findings.flatMap(({ state, about, says, fix }) => [
    `${state.padEnd('warning'.length)}  ${about.padEnd(widest)}  ${says}`,
    ...(fix === undefined ? [] : [`${' '.repeat('warning'.length + widest + 4)}→ ${fix}`]),
  ])
  const warnings = findings.filter(({ state }) => state === 'warning').length
  const end = `${numbered(faults, 'fault')}, ${numbered(warnings, 'warning')}`
  return `${lines.join('\n')}\n\n${end}\n`
}

function numbered(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`
}
