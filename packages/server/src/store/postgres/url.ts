// The URL of a PostgreSQL database: several hosts, and what of it is ours and not PostgreSQL's.

/** What a database URL says; `name` has no password in it. */
export type Place = {
  /** A URL for each host, as `pg` takes it. */
  urls: readonly string[]
  /** So many connections at most. */
  connections: number
  /** Whether statements have names; where nothing is said, they do unless a pooler is seen. */
  prepare: boolean | undefined
  name: string
}

const EXAMPLE = 'postgres://user@host/database'
const CONNECTIONS = 10
const MOST_CONNECTIONS = 1000

const FORM = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]+)(\/[^?#]+)(?:\?([^#]*))?$/

const OURS = ['connections', 'prepare']

/** What `pg` reads of a URL. What it does not know it overlooks: with a slip there TLS is left out. */
const KNOWN = [
  ...['application_name', 'host', 'options', 'password', 'port', 'user'],
  ...['sslcert', 'sslkey', 'sslmode', 'sslnegotiation', 'sslrootcert'],
]
const TLS = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full']

/** Reads a URL. Throws one sentence, without the URL itself, which may carry a password. */
export function readPlace(url: string): Place {
  const [, user, hosts = '', path = '', query = ''] = FORM.exec(url) ?? []
  if (hosts === '') throw new Error(`The database URL must be like "${EXAMPLE}".`)
  const options = new URLSearchParams(query)
  checkNames([...options.keys()])
  const connections = options.get('connections') ?? String(CONNECTIONS)
  const prepare = options.get('prepare')
  if (!/^\d{1,4}$/.test(connections) || !isPossible(Number(connections))) {
    throw new Error(
      `"connections" in the database URL must be a number from 1 to ${MOST_CONNECTIONS}.`,
    )
  }
  if (prepare !== null && !['true', 'false'].includes(prepare)) {
    throw new Error('"prepare" in the database URL must be true or false.')
  }
  for (const name of OURS) options.delete(name)
  chooseTls(options)
  const start = user === undefined ? 'postgres://' : `postgres://${user}@`
  const urls = hosts.split(',').map((host) => `${start}${host}${path}?${options}`)
  if (!urls.every((one) => URL.canParse(one))) {
    throw new Error(`A host in the database URL is not one: write "${EXAMPLE}".`)
  }
  const name = `${hosts}${path}`
  return {
    urls,
    connections: Number(connections),
    prepare: prepare === null ? undefined : prepare === 'true',
    name,
  }
}

function checkNames(names: readonly string[]): void {
  const known = [...OURS, ...KNOWN]
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new Error(
      `"${unknown}" in the database URL is not known: there may be ${known.sort().join(', ')}.`,
    )
  }
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new Error(`"${twice}" stands twice in the database URL.`)
}

// Whoever asks for TLS gets a certificate that is checked, unless they say that it shall not be.
function chooseTls(options: URLSearchParams): void {
  const mode = options.get('sslmode')
  if (mode === null) return
  if (!TLS.includes(mode)) {
    throw new Error(
      `"sslmode" in the database URL must be ${TLS.slice(0, -1).join(', ')} or ${TLS.at(-1)}.`,
    )
  }
  if (['require', 'verify-ca'].includes(mode)) options.set('sslmode', 'verify-full')
}

function isPossible(connections: number): boolean {
  return connections >= 1 && connections <= MOST_CONNECTIONS
}
