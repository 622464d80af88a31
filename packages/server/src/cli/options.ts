// The flags of the settings, from their table.

import type { Command } from 'commander'
import { SETTINGS } from '../settings.ts'

/** Adds the configuration file and a flag for every setting: too many to print behind a fault. */
export function addSettings(command: Command): Command {
  command.option('--config <file>', 'The configuration file, YAML or JSON.')
  for (const { flag, meaning } of SETTINGS) command.option(`${flag} <value>`, meaning)
  return command.showHelpAfterError(`patois ${command.name()} --help lists the flags.`)
}

/** What the command line said: the file, and the settings under their option names. */
export type Options = Readonly<Record<string, string | undefined>>
