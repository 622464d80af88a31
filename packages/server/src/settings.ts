// The table of settings: name, kind, default and meaning; file, environment and flags read it.

import { DIALECTS } from '@patois/core'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How much is written to the log. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** One of `LOG_LEVELS`. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A dialect and where it answers: at the root, under a prefix (`at`) or for one host name. */
export type DialectMount = {
  readonly dialect: string
  readonly at?: string
  readonly host?: string
}

/** Where something listens. */
export type Address = { readonly host: string; readonly port: number }

/** What a value of each kind is once it was read; `seconds` is a duration in whole seconds. */
export type Kinds = {
  issuer: string
  host: string
  port: number
  database: string
  dialects: readonly DialectMount[]
  networks: readonly string[]
  address: Address | 'off'
  seconds: number
  count: number
  level: LogLevel
  switch: boolean
}

/** One row of the table; `least` and `most` bound the kinds `seconds` and `count`. */
export type Setting = {
  [K in keyof Kinds]: {
    /** Its path in the configuration file. */
    readonly name: string
    readonly kind: K
    /** Undefined: it must be said, or it is derived. */
    readonly default: Kinds[K] | undefined
    /** The default in dev mode, where that is another. */
    readonly devDefault?: Kinds[K]
    readonly least?: number
    readonly most?: number
    readonly env: string
    readonly flag: string
    readonly meaning: string
  }
}[keyof Kinds]

// The master key has no row: a secret on a command line is read by every user of the machine.
/** Every setting; a new one is one row here. */
export const SETTINGS = [
  {
    name: 'issuer',
    kind: 'issuer',
    default: undefined,
    env: 'PATOIS_ISSUER',
    flag: '--issuer',
    meaning:
      'The address that clients know the server by: https, or http on loopback. It may have a path. In dev mode it is derived from host and port.',
  },
  {
    name: 'listen.host',
    kind: 'host',
    default: '127.0.0.1',
    env: 'PATOIS_HOST',
    flag: '--host',
    meaning: 'The address or name to listen on; loopback only in dev mode, unless it is exposed.',
  },
  {
    name: 'listen.port',
    kind: 'port',
    default: 9400,
    env: 'PATOIS_PORT',
    flag: '--port',
    meaning: 'The TCP port to listen on; 0 takes a free one.',
  },
  {
    name: 'workers',
    kind: 'count',
    default: 1,
    most: 256,
    env: 'PATOIS_WORKERS',
    flag: '--workers',
    meaning:
      'How many processes answer at the port, for the cores of one machine; more than one with PostgreSQL only.',
  },
  {
    name: 'listen.exposed',
    kind: 'switch',
    default: false,
    env: 'PATOIS_EXPOSED',
    flag: '--exposed',
    meaning:
      'Dev mode alone: `true` lets it listen where others reach it, as in a container, under any issuer of http. Whoever reaches it has all of it.',
  },
  {
    name: 'database',
    kind: 'database',
    default: 'sqlite:./patois.db',
    devDefault: 'sqlite:./.patois/{port}/patois.db',
    env: 'PATOIS_DATABASE',
    flag: '--database',
    meaning:
      'Where records are kept: `sqlite:` and a path, `sqlite::memory:`, or for several servers `postgres://user@host/database`. `{port}` stands for the port.',
  },
  {
    name: 'revision',
    kind: 'count',
    default: 0,
    least: 0,
    most: Number.MAX_SAFE_INTEGER,
    env: 'PATOIS_REVISION',
    flag: '--revision',
    meaning:
      "A number of the file, for several servers on one database: raise it with each change of clients or users. A server whose file has a lower one than the database's applies none of its clients and users.",
  },
  {
    name: 'dialects',
    kind: 'dialects',
    default: [{ dialect: 'standard' }],
    devDefault: DIALECTS.map(({ name }) => ({ dialect: name })),
    env: 'PATOIS_DIALECTS',
    flag: '--dialects',
    meaning:
      'The dialects that are spoken: names or files (`./name.yaml`, from the configuration file on), or { dialect, at } for a path prefix, or { dialect, host } for a host name.',
  },
  {
    name: 'trusted_proxies',
    kind: 'networks',
    default: [],
    env: 'PATOIS_TRUSTED_PROXIES',
    flag: '--trusted-proxies',
    meaning: 'Addresses or CIDR ranges of proxies whose forwarded address is believed.',
  },
  {
    name: 'outbound.allow',
    kind: 'networks',
    default: [],
    env: 'PATOIS_OUTBOUND_ALLOW',
    flag: '--outbound-allow',
    meaning:
      "Addresses or CIDR ranges that are not public and that clients' key sets (`jwks_uri`) may be fetched from all the same.",
  },
  {
    name: 'lifetimes.code',
    kind: 'seconds',
    default: MINUTE,
    most: 10 * MINUTE,
    env: 'PATOIS_LIFETIME_CODE',
    flag: '--lifetime-code',
    meaning: 'How long an authorization code can be exchanged.',
  },
  {
    name: 'lifetimes.access_token',
    kind: 'seconds',
    default: HOUR,
    env: 'PATOIS_LIFETIME_ACCESS_TOKEN',
    flag: '--lifetime-access-token',
    meaning: 'How long an access token is good.',
  },
  {
    name: 'lifetimes.id_token',
    kind: 'seconds',
    default: HOUR,
    env: 'PATOIS_LIFETIME_ID_TOKEN',
    flag: '--lifetime-id-token',
    meaning: 'How long an ID token is good.',
  },
  {
    name: 'lifetimes.refresh_token_idle',
    kind: 'seconds',
    default: 30 * DAY,
    env: 'PATOIS_LIFETIME_REFRESH_TOKEN_IDLE',
    flag: '--lifetime-refresh-token-idle',
    meaning: 'How long a refresh token is good when it is not used.',
  },
  {
    name: 'lifetimes.refresh_token',
    kind: 'seconds',
    default: 365 * DAY,
    env: 'PATOIS_LIFETIME_REFRESH_TOKEN',
    flag: '--lifetime-refresh-token',
    meaning: 'How long after sign-in refreshing ends, however often it was used.',
  },
  {
    name: 'lifetimes.replay_window',
    kind: 'seconds',
    default: 30,
    least: 0,
    most: 10 * MINUTE,
    env: 'PATOIS_LIFETIME_REPLAY_WINDOW',
    flag: '--lifetime-replay-window',
    meaning: 'How long a repeated refresh gets the answer of the first one; 0 turns it off.',
  },
  {
    name: 'lifetimes.session',
    kind: 'seconds',
    default: 12 * HOUR,
    env: 'PATOIS_LIFETIME_SESSION',
    flag: '--lifetime-session',
    meaning: 'How long after its sign-in a browser stays signed in, however much it is used.',
  },
  {
    name: 'lifetimes.session_idle',
    kind: 'seconds',
    default: 2 * HOUR,
    least: MINUTE,
    env: 'PATOIS_LIFETIME_SESSION_IDLE',
    flag: '--lifetime-session-idle',
    meaning:
      'How long a browser stays signed in when it does not come back; use is noted every few minutes.',
  },
  {
    name: 'lifetimes.key_rotation',
    kind: 'seconds',
    default: 90 * DAY,
    least: HOUR,
    env: 'PATOIS_LIFETIME_KEY_ROTATION',
    flag: '--lifetime-key-rotation',
    meaning: 'How long a signing key signs before the next one does.',
  },
  {
    name: 'lifetimes.key_publish_ahead',
    kind: 'seconds',
    default: HOUR,
    // As long as the key set may be cached: whoever keeps it knows the next key in time.
    least: 5 * MINUTE,
    env: 'PATOIS_LIFETIME_KEY_PUBLISH_AHEAD',
    flag: '--lifetime-key-publish-ahead',
    meaning: 'How long before its first signature a key is published.',
  },
  {
    name: 'lifetimes.event_retention',
    kind: 'seconds',
    default: 30 * DAY,
    env: 'PATOIS_LIFETIME_EVENT_RETENTION',
    flag: '--lifetime-event-retention',
    meaning: 'How long audit events are kept in the database.',
  },
  {
    name: 'lifetimes.address_retention',
    kind: 'seconds',
    default: 30 * DAY,
    env: 'PATOIS_LIFETIME_ADDRESS_RETENTION',
    flag: '--lifetime-address-retention',
    meaning: 'How long the address and user agent that gave a grant are kept with it.',
  },
  {
    name: 'stop.drain',
    kind: 'seconds',
    default: 0,
    least: 0,
    most: 5 * MINUTE,
    env: 'PATOIS_STOP_DRAIN',
    flag: '--stop-drain',
    meaning:
      'How long after the signal to stop everything is still answered while `/readyz` says 503, so that a balancer leads callers elsewhere first.',
  },
  {
    name: 'metrics.listen',
    kind: 'address',
    default: 'off',
    env: 'PATOIS_METRICS_LISTEN',
    flag: '--metrics-listen',
    meaning:
      'Where Prometheus finds `/metrics`, without a password: an address and a port such as `127.0.0.1:9464`, or off.',
  },
  {
    name: 'log.level',
    kind: 'level',
    default: 'info',
    devDefault: 'warn',
    env: 'PATOIS_LOG_LEVEL',
    flag: '--log-level',
    meaning: 'How much is logged: trace, debug, info, warn, error, fatal or silent.',
  },
] as const satisfies readonly Setting[]

/** The name of a setting. */
export type SettingName = (typeof SETTINGS)[number]['name']

/** Every setting with its value. */
export type SettingValues = {
  [S in (typeof SETTINGS)[number] as S['name']]: Kinds[S['kind']]
}

/** The name under which a command line reader hands over a setting: `--log-level` → `logLevel`. */
export function optionName(setting: Setting): string {
  return setting.flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
