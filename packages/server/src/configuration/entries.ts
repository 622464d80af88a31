// Reads the lists of the configuration file, and checks what one entry says about another.

import type { Client, Resource, Scope } from '@patois/core'
import { foldUsername, STANDARD_SCOPES, splitScope } from '@patois/core'
import type { Reach } from '../outbound/reach.ts'
import { type ClientEntry, clientRecord, clientShape } from './client.ts'
import { clientFaults } from './client-rules.ts'
import { at, readEntry } from './fault.ts'
import { resourceShape, scopeNameFault, scopeShape } from './policy.ts'
import { type UserEntry, userFaults, userShape } from './user.ts'

/** What entries may name. */
export type Known = {
  dev: boolean
  /** True for dev mode that others reach, in networks without certificates. */
  exposed: boolean
  scopes: readonly string[]
  /** The dialects that this server speaks. */
  dialects: readonly string[]
  issuer: string | undefined
  reach: Reach
}

/** Reads the scopes by name. */
export function readScopes(
  raw: Readonly<Record<string, unknown>>,
  faults: string[],
): Record<string, Scope> {
  const scopes = Object.entries(raw).flatMap(([name, value]) => {
    const path = `scopes.${name}`
    const nameFault = scopeNameFault(name)
    if (nameFault !== undefined) faults.push(at(path, nameFault))
    const { entry, faults: found } = readEntry(scopeShape, value, path)
    faults.push(...found)
    return entry ? [[name, entry] as const] : []
  })
  return Object.fromEntries(scopes)
}

/** Reads the resources, each at its index; who introspects them is checked with the clients. */
export function readResources(
  raw: readonly unknown[],
  known: Known,
  faults: string[],
): (Resource | undefined)[] {
  const names = new Set<string>()
  return raw.map((one, index) => {
    const path = `resources[${index}]`
    const { entry, bad, faults: found } = readEntry(resourceShape, one, path)
    faults.push(...found)
    if (!entry) return undefined
    noteRepeated(names, entry.resource, `${path}.resource`, faults)
    if (!bad.has('scopes'))
      noteUnknown(entry.scopes ?? [], ['scopes', scopesOf(known)], `${path}.scopes`, faults)
    return entry
  })
}

/** Reads the clients, with all that they name elsewhere and are named for. */
export function readClients(
  raw: readonly unknown[],
  known: Known & { resources: readonly (Resource | undefined)[] },
  faults: string[],
): Client[] {
  const shape = clientShape(known.dev, known.exposed)
  const names = new Set<string>()
  const clients = raw.flatMap((one, index) => {
    const path = `clients[${index}]`
    const { entry, bad, faults: found } = readEntry(shape, one, path, { client_id: '?' })
    faults.push(...found)
    if (!entry) return []
    faults.push(...clientFaults(entry, bad).map(([name, fault]) => at(`${path}.${name}`, fault)))
    noteNames(entry, known, path, faults)
    if (!bad.has('client_id')) noteRepeated(names, entry.client_id, `${path}.client_id`, faults)
    return [clientRecord(entry)]
  })
  known.resources.forEach((resource, index) => {
    const named = resource?.introspected_by ?? []
    noteUnknown(named, ['clients', [...names]], `resources[${index}].introspected_by`, faults)
  })
  return clients
}

/** Reads the users. */
export function readUsers(raw: readonly unknown[], faults: string[]): UserEntry[] {
  const names = new Set<string>()
  const subs = new Set<string>()
  const emails = new Set<string>()
  return raw.flatMap((one, index) => {
    const path = `users[${index}]`
    const standIns = { username: '?' }
    const { entry, bad, faults: found } = readEntry(userShape, one, path, standIns)
    faults.push(...found)
    if (!entry) return []
    faults.push(...userFaults(entry, bad).map((fault) => at(path, fault)))
    if (!bad.has('username')) noteRepeated(names, entry.username, `${path}.username`, faults)
    if (entry.sub !== undefined) noteRepeated(subs, entry.sub, `${path}.sub`, faults)
    // Applications take two people with one address for one person.
    const { email } = entry.claims
    if (typeof email === 'string')
      noteRepeated(emails, foldUsername(email), `${path}.claims.email`, faults)
    return [entry]
  })
}

function noteNames(
  entry: ClientEntry,
  known: Known & { resources: readonly (Resource | undefined)[] },
  path: string,
  faults: string[],
): void {
  const scopes = scopesOf(known)
  for (const name of splitScope(entry.scope).filter((one) => !scopes.includes(one))) {
    faults.push(at(`${path}.scope`, `names ${name}, which is not in scopes`))
  }
  noteUnknown(entry.dialects, ['dialects', known.dialects], `${path}.dialects`, faults)
  // Tokens without a resource are the issuer's own, so a client may be named for those too.
  const resources = [...known.resources.map((one) => one?.resource), known.issuer]
  const fault = entry.jwks_uri === undefined ? undefined : known.reach.fault(entry.jwks_uri)
  if (fault !== undefined) faults.push(at(`${path}.jwks_uri`, fault))
  noteUnknown(entry.introspects, ['resources', resources], `${path}.introspects`, faults)
}

function scopesOf(known: Known): readonly string[] {
  return [...Object.keys(STANDARD_SCOPES), ...known.scopes]
}

function noteUnknown(
  values: readonly string[],
  [list, known]: readonly [name: string, known: readonly (string | undefined)[]],
  path: string,
  faults: string[],
): void {
  values.forEach((value, index) => {
    if (!known.includes(value))
      faults.push(at(`${path}[${index}]`, `names ${value}, which is not in ${list}`))
  })
}

function noteRepeated(seen: Set<string>, value: string, path: string, faults: string[]): void {
  if (seen.has(value)) faults.push(at(path, `is used twice: ${value}`))
  seen.add(value)
}
