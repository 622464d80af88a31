// Reads the values of settings, whether they stand in the file, the environment or a flag.

import { isIP } from 'node:net'
import { type DialectMount, type Kinds, LOG_LEVELS, type Setting } from '../settings.ts'
import { secondsOf } from './duration.ts'
import { issuerFault } from './issuer.ts'
import { isObject } from './source.ts'

/** A value of a setting, or what is wrong with it: `index` where it is one entry of a list. */
export type Reading<T> = { value: T } | { faults: readonly ValueFault[] }

/** One thing that is wrong with a value. */
export type ValueFault = { sentence: string; index?: number }

type Reader<T> = (raw: unknown, setting: Setting, plain: boolean) => Reading<T>

const TEN_YEARS = 3650 * 86400

const READERS: { [K in keyof Kinds]: Reader<Kinds[K]> } = {
  issuer: readIssuer,
  host: readHost,
  port: readPort,
  database: readDatabase,
  dialects: readMounts,
  networks: readNetworks,
  address: readAddress,
  seconds: readSeconds,
  count: readCount,
  level: readLevel,
  switch: readSwitch,
}

/**
 * Reads the value of a setting; environment and flags hand over text, the file any type. `plain`:
 * an issuer may be http wherever it is.
 */
export function readValue(
  setting: Setting,
  raw: unknown,
  plain = false,
): Reading<Kinds[keyof Kinds]> {
  return READERS[setting.kind](raw, setting, plain)
}

function readIssuer(raw: unknown, _: Setting, plain: boolean): Reading<string> {
  const fault = typeof raw === 'string' ? issuerFault(raw, plain) : 'must be text'
  return fault === undefined ? { value: String(raw) } : wrong(fault)
}

function readHost(raw: unknown): Reading<string> {
  const host = typeof raw === 'string' ? raw.replace(/^\[(.*)\]$/, '$1') : ''
  if (isIP(host) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host)) return { value: host }
  return wrong('must be an IP address or a host name')
}

function readPort(raw: unknown): Reading<number> {
  const port = wholeNumber(raw)
  if (port !== undefined && port <= 65535) return { value: port }
  // Kubernetes sets PATOIS_PORT=tcp://… in every pod when a service is called patois.
  const link = typeof raw === 'string' && raw.startsWith('tcp://')
  return wrong(
    link
      ? 'is a service link of Kubernetes, not a port: set enableServiceLinks: false'
      : 'must be a port from 0 to 65535',
  )
}

function readAddress(raw: unknown): Reading<Kinds['address']> {
  // YAML reads off as false.
  if (raw === 'off' || raw === false) return { value: 'off' }
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(String(raw)) ?? []
  const [readHostOf, readPortOf] = [readHost(host), readPort(port)]
  if ('value' in readHostOf && 'value' in readPortOf) {
    return { value: { host: readHostOf.value, port: readPortOf.value } }
  }
  return wrong('must be an address and a port such as 127.0.0.1:9464, or off')
}

function readDatabase(raw: unknown): Reading<string> {
  if (typeof raw === 'string' && /^(sqlite:|postgres(ql)?:\/\/)./.test(raw)) {
    return { value: raw }
  }
  return wrong('must be sqlite: and a path, or a URL such as postgres://user@host/database')
}

function readLevel(raw: unknown): Reading<Kinds['level']> {
  const level = LOG_LEVELS.find((one) => one === raw)
  return level ? { value: level } : wrong(`must be one of: ${LOG_LEVELS.join(', ')}`)
}

function readSwitch(raw: unknown): Reading<boolean> {
  const said = String(raw)
  return said === 'true' || said === 'false'
    ? { value: said === 'true' }
    : wrong('must be true or false')
}

function readSeconds(raw: unknown, setting: Setting): Reading<number> {
  const { least = 1, most = TEN_YEARS } = setting
  const value = secondsOf(raw)
  if (value === undefined)
    return wrong('must be whole seconds, or a duration such as 60s, 15m, 12h, 30d')
  if (value >= least && value <= most) return { value }
  return wrong(`must be from ${least} to ${most} seconds`)
}

function readCount(raw: unknown, { least = 1, most = 1 }: Setting): Reading<number> {
  const value = wholeNumber(raw) ?? -1
  return value >= least && value <= most ? { value } : wrong(`must be from ${least} to ${most}`)
}

function readNetworks(raw: unknown): Reading<readonly string[]> {
  const network: (range: unknown) => string | undefined = (range) =>
    typeof range === 'string' && isNetwork(range) ? range : undefined
  return readList(raw, network, 'must be an address or a CIDR range')
}

function readMounts(raw: unknown): Reading<readonly DialectMount[]> {
  const form = 'must be a name or a file, { dialect, at: /prefix } or { dialect, host: name }'
  const mounts = readList(raw, readMount, form)
  return 'value' in mounts && mounts.value.length === 0 ? wrong('must not be empty') : mounts
}

// In the environment and in flags a list is one text, separated by commas or spaces.
function readList<T>(
  raw: unknown,
  read: (entry: unknown) => T | undefined,
  sentence: string,
): Reading<readonly T[]> {
  const entries = typeof raw === 'string' ? raw.split(/[\s,]+/).filter((one) => one !== '') : raw
  if (!Array.isArray(entries)) return wrong('must be a list')
  const values = entries.map(read)
  const faults = values.flatMap((value, index) =>
    value === undefined ? [{ sentence, index }] : [],
  )
  return faults.length > 0 ? { faults } : { value: values.filter((value) => value !== undefined) }
}

function readMount(raw: unknown): DialectMount | undefined {
  if (typeof raw === 'string') return raw === '' ? undefined : { dialect: raw }
  if (!isObject(raw)) return undefined
  const { dialect, at, host, ...others } = raw
  if (typeof dialect !== 'string' || dialect === '' || Object.keys(others).length > 0)
    return undefined
  if (at !== undefined && host !== undefined) return undefined
  if (typeof at === 'string' && /^(\/[A-Za-z0-9._~-]+)+$/.test(at)) return { dialect, at }
  if (typeof host === 'string' && /^[a-z0-9.-]+(:\d{1,5})?$/.test(host)) return { dialect, host }
  return at === undefined && host === undefined ? { dialect } : undefined
}

function isNetwork(range: string): boolean {
  const [address = '', bits, ...more] = range.split('/')
  const version = isIP(address)
  if (version === 0 || address.includes('%') || more.length > 0) return false
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
  )
}

function wholeNumber(raw: unknown): number | undefined {
  return /^\d{1,10}$/.test(String(raw)) ? Number(raw) : undefined
}

function wrong(sentence: string): { faults: readonly ValueFault[] } {
  return { faults: [{ sentence }] }
}
