// Reads the configuration: file, environment and flags into one checked whole, every fault at once.

import type { Client, Dialect, Lifetimes, Policy } from '@patois/core'
import { z } from 'zod'
import { chooseSettings } from './configuration/choose.ts'
import { loadDialects } from './configuration/dialect-files.ts'
import { aliasesOf, mountedOf, scopesOf } from './configuration/dialects.ts'
import { readClients, readResources, readScopes, readUsers } from './configuration/entries.ts'
import { at, readEntry } from './configuration/fault.ts'
import { derivedIssuer, isLoopback } from './configuration/issuer.ts'
import { type Environment, readSource } from './configuration/source.ts'
import type { UserEntry } from './configuration/user.ts'
import { openReach, type Reach } from './outbound/reach.ts'
import {
  type Address,
  type DialectMount,
  type LogLevel,
  SETTINGS,
  type SettingValues,
} from './settings.ts'

/** What a configuration is read from: `text` instead of a file where the caller has it already. */
export type ConfigurationParts = {
  file?: string
  text?: string
  /** Values of the command line under their `optionName`. */
  flags?: Readonly<Record<string, unknown>>
  env: Environment
  dev: boolean
  dialects: readonly Dialect[]
}

/** Every lifetime of the server, in seconds. */
export type ServerLifetimes = Lifetimes & {
  key_rotation: number
  key_publish_ahead: number
  event_retention: number
  address_retention: number
}

/** What the operator decided, checked. */
export type Configuration = {
  dev: boolean
  issuer: string
  listen: { host: string; port: number }
  /** How many processes answer there. */
  workers: number
  /** How long the server goes on after the signal to stop, in seconds. */
  drain: number
  database: string
  /** Of the file; the database keeps the highest. */
  revision: number
  mounts: readonly DialectMount[]
  /** The dialects that are mounted, built in and out of files. */
  dialects: readonly Dialect[]
  trustedProxies: readonly string[]
  /** What the server itself fetches from. */
  reach: Reach
  /** Where metrics are answered; undefined when nowhere. */
  metrics: Address | undefined
  logLevel: LogLevel
  lifetimes: ServerLifetimes
  policy: Policy
  clients: readonly Client[]
  users: readonly UserEntry[]
}

/** A configuration, or everything that is wrong with it. */
export type ConfigurationResult =
  | { ok: true; configuration: Configuration }
  | { ok: false; faults: string[] }

/** Reads and checks the configuration; flags win over PATOIS_*, those over the file. */
export function readConfiguration(parts: ConfigurationParts): ConfigurationResult {
  const { flags = {}, env, dev } = parts
  const source = readSource(parts.file, parts.text, env)
  if (!source.ok) return { ok: false, faults: [source.fault] }
  const { tree, faults, missing } = source
  const shape = readEntry(treeShape, tree, '')
  faults.push(...shape.faults)
  const sections = shape.entry ?? {}
  const values = withIssuer(chooseSettings({ flags, env, tree }, dev, faults), dev)
  faults.push(...settingFaults(values, dev))
  const loaded = loadDialects(values.dialects ?? [], parts.dialects, parts.file, faults)
  const mounted = mountedOf(loaded)
  const scopes = { ...scopesOf(mounted), ...readScopes(sections.scopes ?? {}, faults) }
  const reach = openReach(values['outbound.allow'] ?? [], values.issuer ?? '')
  const known = {
    dev,
    exposed: dev && (values['listen.exposed'] ?? false),
    scopes: Object.keys(scopes),
    dialects: loaded.mounts.map((mount) => mount.dialect),
    issuer: values.issuer,
    reach,
  }
  const resources = readResources(sections.resources ?? [], known, faults)
  const clients = readClients(sections.clients ?? [], { ...known, resources }, faults)
  const users = readUsers(sections.users ?? [], faults)
  const aliases = aliasesOf(mounted, clients, faults)
  if (faults.length > 0 || !isWhole(values)) return { ok: false, faults: told(faults, missing) }
  const whole = resources.filter((resource) => resource !== undefined)
  const policy = { lifetimes: lifetimesOf(values), scopes, resources: whole, aliases }
  const { mounts } = loaded
  const entries = { dev, reach, policy, clients, users, mounts, dialects: mounted }
  return { ok: true, configuration: configurationOf(values, entries) }
}

// Of a value whose variable is not set, that alone is worth saying; each thing once.
function told(faults: readonly string[], missing: readonly string[]): string[] {
  const first = missing.map((path) => faults.find((fault) => fault.startsWith(`${path}:`)))
  const rest = faults.filter((fault) => !missing.some((path) => fault.startsWith(`${path}:`)))
  return [...new Set([...first, ...rest])].filter((fault) => fault !== undefined)
}

// Sections of the file with settings: their names come from the table, their values are read there.
const settingSections = Object.groupBy(SETTINGS, ({ name }) => name.split('.')[0] ?? name)

const treeShape = z.strictObject({
  ...Object.fromEntries(
    Object.entries(settingSections).map(([name, rows]) => [name, memberOf(rows)]),
  ),
  scopes: z.record(z.string(), z.unknown()).optional(),
  resources: z.array(z.unknown()).optional(),
  clients: z.array(z.unknown()).optional(),
  users: z.array(z.unknown()).optional(),
})

function memberOf(rows: readonly { name: string }[] = []): z.ZodType {
  const names = rows.map(({ name }) => name.split('.')[1]).filter((name) => name !== undefined)
  if (names.length === 0) return z.unknown().optional()
  return z
    .strictObject(Object.fromEntries(names.map((name) => [name, z.unknown().optional()])))
    .optional()
}

function withIssuer(values: Partial<SettingValues>, dev: boolean): Partial<SettingValues> {
  const { issuer, 'listen.host': host, 'listen.port': port, 'listen.exposed': exposed } = values
  const isSaid = issuer !== undefined || exposed
  if (isSaid || !dev || host === undefined || port === undefined) return values
  return { ...values, issuer: derivedIssuer(host, port) }
}

const ALONE_IN_DEV = 'must be 1 in dev mode'
const ALONE_IN_SQLITE =
  'must be 1 with SQLite, whose file belongs to one process: for more set database to postgres://…'

function settingFaults(values: Partial<SettingValues>, dev: boolean): string[] {
  const { issuer, 'listen.host': host, 'listen.exposed': exposed = false } = values
  const others = host !== undefined && !isLoopback(host)
  const ahead = values['lifetimes.key_publish_ahead'] ?? 0
  const rotation = values['lifetimes.key_rotation'] ?? Number.POSITIVE_INFINITY
  const isAlone = dev || values.database?.startsWith('sqlite:')
  return [
    isAlone && (values.workers ?? 1) > 1 && at('workers', dev ? ALONE_IN_DEV : ALONE_IN_SQLITE),
    dev &&
      !exposed &&
      others &&
      at('listen.host', 'must be loopback in dev mode, unless exposed is true'),
    dev && exposed && issuer === undefined && at('issuer', 'is needed where others reach dev mode'),
    !dev && exposed && at('listen.exposed', 'is for dev mode only'),
    ahead >= rotation && at('lifetimes.key_publish_ahead', 'must be less than key_rotation'),
  ].filter((fault) => typeof fault === 'string')
}

function isWhole(values: Partial<SettingValues>): values is SettingValues {
  return SETTINGS.every(({ name }) => values[name] !== undefined)
}

function lifetimesOf(values: SettingValues): ServerLifetimes {
  return {
    code: values['lifetimes.code'],
    access_token: values['lifetimes.access_token'],
    id_token: values['lifetimes.id_token'],
    refresh_token_idle: values['lifetimes.refresh_token_idle'],
    refresh_token: values['lifetimes.refresh_token'],
    replay_window: values['lifetimes.replay_window'],
    session: values['lifetimes.session'],
    session_idle: values['lifetimes.session_idle'],
    key_rotation: values['lifetimes.key_rotation'],
    key_publish_ahead: values['lifetimes.key_publish_ahead'],
    event_retention: values['lifetimes.event_retention'],
    address_retention: values['lifetimes.address_retention'],
  }
}

function configurationOf(
  values: SettingValues,
  entries: Pick<
    Configuration,
    'dev' | 'reach' | 'policy' | 'clients' | 'users' | 'mounts' | 'dialects'
  >,
): Configuration {
  return {
    issuer: values.issuer,
    workers: values.workers,
    listen: { host: values['listen.host'], port: values['listen.port'] },
    drain: values['stop.drain'],
    database: values.database.replaceAll('{port}', String(values['listen.port'])),
    revision: values.revision,
    trustedProxies: values.trusted_proxies,
    metrics: values['metrics.listen'] === 'off' ? undefined : values['metrics.listen'],
    logLevel: values['log.level'],
    lifetimes: lifetimesOf(values),
    ...entries,
  }
}
