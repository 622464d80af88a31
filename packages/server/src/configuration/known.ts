// Known: the dialects that a configuration can name; the catalogue is loaded when it names one of it.

import { DIALECTS, type Dialect } from '@patois/core'
import type { ConfigurationParts } from '../configuration.ts'
import type { DialectMount } from '../settings.ts'
import { chooseSettings } from './choose.ts'
import { isDialectFile } from './dialect-files.ts'
import { readSource } from './source.ts'

/** Every dialect that is built in, and those of the catalogue that the configuration mounts. */
export async function knownDialects(
  parts: Omit<ConfigurationParts, 'dialects'>,
): Promise<readonly Dialect[]> {
  const names = mountsOf(parts).map(({ dialect }) => dialect)
  const others = names.filter(
    (name) => !isDialectFile(name) && !DIALECTS.some((one) => one.name === name),
  )
  if (others.length === 0) return DIALECTS
  const { CATALOGUE } = await import('@patois/core/catalogue')
  return [...DIALECTS, ...CATALOGUE.filter(({ name }) => others.includes(name))]
}

// What is wrong with any of it is said when all of it is read.
function mountsOf({
  file,
  text,
  flags = {},
  env,
  dev,
}: Omit<ConfigurationParts, 'dialects'>): readonly DialectMount[] {
  const source = readSource(file, text, env)
  const tree = source.ok ? source.tree : {}
  return chooseSettings({ flags, env, tree }, dev, []).dialects ?? []
}
