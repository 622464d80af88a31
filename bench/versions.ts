// Versions of the packages that Patois is measured beside.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { resolve } = createRequire(import.meta.url)

/** The version of a package as it is installed. */
export function versionOf(name: string): string {
  const [at = ''] = resolve(name).match(new RegExp(`.*/node_modules/${name}/`)) ?? []
  return JSON.parse(readFileSync(`${at}package.json`, 'utf8')).version
}
