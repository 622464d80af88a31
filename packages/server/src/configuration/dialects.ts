// What the mounted dialects bring to a configuration: their scopes, and short names of clients.

import type { Client, Dialect, Policy, Scope } from '@patois/core'
import type { Loaded } from './dialect-files.ts'
import { at } from './fault.ts'

/** The dialects that are mounted, out of all that there are. */
export function mountedOf({ dialects, mounts }: Loaded): Dialect[] {
  return dialects.filter(({ name }) => mounts.some((mount) => mount.dialect === name))
}

/** The scopes that they bring; the file's own sentences win over these. */
export function scopesOf(mounted: readonly Dialect[]): Record<string, Scope> {
  const entries = mounted.flatMap(({ scopes = {} }) => Object.entries(scopes))
  return Object.fromEntries(
    entries.map(([name, sentence]) => [name, { sentence, claims: [] }] as const),
  )
}

/** Short names of clients, per dialect that calls them by their id's last section. */
export function aliasesOf(
  mounted: readonly Dialect[],
  clients: readonly Client[],
  faults: string[],
): Policy['aliases'] {
  const sectioned = mounted.filter(({ policy }) => policy.clientIdSection === 'last')
  return Object.fromEntries(
    sectioned.map(({ name }) => {
      const own = clients.filter(({ dialects }) => dialects.includes(name))
      return [name, shortNames(own, name, faults)] as const
    }),
  )
}

function shortNames(
  clients: readonly Client[],
  dialect: string,
  faults: string[],
): Record<string, string> {
  const names = new Map<string, string>()
  for (const { id } of clients) {
    const short = id.split('.').at(-1) ?? id
    const other = names.get(short)
    if (other !== undefined && other !== id) {
      faults.push(at('clients', `${other} and ${id} are one name in ${dialect}: ${short}`))
    }
    names.set(short, id)
  }
  return Object.fromEntries(names)
}
