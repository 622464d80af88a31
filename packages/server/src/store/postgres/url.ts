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

/** Reads a URL. Throws one sentence, without the URL itself, which may carry a password. */
export function readPlace(url: string): Place {
  const [, user, hosts = '', path = '', query = ''] = FORM.exec(url) ?? []
  if (hosts === '') throw new Error(`The database URL must be like "${EXAMPLE}".`)
  const options = new URLSearchParams(query)
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
  options.delete('connections')
  options.delete('prepare')
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

function isPossible(connections: number): boolean {
  return connections >= 1 && connections <= MOST_CONNECTIONS
}
