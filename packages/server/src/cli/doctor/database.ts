// Database: whether it is the right one, up to date, and set so that nothing acknowledged is lost.

import { isLoopback } from '../../configuration/issuer.ts'
import type { Configuration } from '../../configuration.ts'
import type { Looked, PostgresFacts } from '../../store/look.ts'
import { fillingCure } from '../../store/mark.ts'
import { type Place, readPlace } from '../../store/postgres/url.ts'
import { type Finding, fault, good, warning } from './finding.ts'

const OLDEST = 14
const MODES: Readonly<Record<string, string>> = { dev: 'patois dev', production: 'patois serve' }

/** Checks what a look at the database has shown. */
export function checkDatabase(looked: Looked, configuration: Configuration): Finding[] {
  const { postgres, sqlite, owner } = looked
  return [
    checkMigrations(looked),
    ...checkOwner(looked, configuration),
    ...checkRevision(looked, configuration),
    ...(postgres ? checkPostgres(postgres, configuration) : []),
    ...(sqlite && owner ? [checkSqlite(sqlite)] : []),
  ]
}

/** What is said of a database that cannot be opened; the error may have a `cure`. */
export function closedDatabase({ message, cure }: Error & { cure?: string }): Finding {
  if (cure !== undefined) {
    const fix = `${cure.charAt(0).toLowerCase()}${cure.slice(1, -1)}`
    return fault('database', message.replace(`. ${cure}`, ''), fix)
  }
  const fix = 'see that it runs, that this machine reaches it, and that "database" names it aright'
  return fault('database', message, fix)
}

function checkMigrations({ name, applied, known, filling }: Looked): Finding {
  const about = 'database'
  const unknown = applied.find((one) => !known.includes(one))
  if (unknown !== undefined) {
    const says = `${name} has the migration "${unknown}", which this version does not know`
    return fault(about, says, 'run the doctor of the version that serves, or a newer one')
  }
  if (applied.length === 0) {
    return warning(about, `${name} is empty`, 'start the server: it makes tables and keys')
  }
  if (applied.length < known.length) {
    const says = `${name} lacks ${known.length - applied.length} migrations of this version`
    return warning(about, says, 'start a server of this version: it brings the database up to date')
  }
  if (filling !== undefined) {
    return fault(about, `${name} is being filled from ${filling}`, fillingCure(filling))
  }
  return good(about, `${name} answers and is up to date`)
}

function checkOwner({ owner }: Looked, { issuer }: Configuration): Finding[] {
  if (!owner) return []
  const about = 'database'
  if (owner.url !== issuer) {
    const says = `it belongs to the issuer ${owner.url}, and the configuration says ${issuer}`
    return [fault(about, says, 'set issuer to the one it was made for, or name another database')]
  }
  if (owner.mode === 'production') return [good(about, `it belongs to ${issuer}`)]
  const says = `it was made by ${MODES[owner.mode] ?? owner.mode}, whose users and tokens are for tests`
  return [fault(about, says, 'name another database')]
}

function checkRevision({ revision: kept }: Looked, { revision }: Configuration): Finding[] {
  if (revision >= kept) return []
  const says = `its revision is ${revision} and the database has ${kept}: its clients and users are not used`
  const fix = `bring the newer file here, or set revision to ${kept} or more`
  return [warning('configuration', says, fix)]
}

function checkPostgres(facts: PostgresFacts, { workers, database }: Configuration): Finding[] {
  const { version, isSecure, synchronousCommit, fsync, isolation, mostConnections } = facts
  const about = 'PostgreSQL'
  const place = readPlace(database)
  const needed = place.connections * workers
  return [
    version < OLDEST
      ? fault(about, `its version is ${version}`, `use ${OLDEST} or newer`)
      : good(about, `version ${version}, transactions ${isolation}`),
    ...(fsync === 'off' || synchronousCommit === 'off'
      ? [
          fault(
            about,
            `${fsync === 'off' ? 'fsync' : 'synchronous_commit'} is off: tokens that were answered may be lost`,
            'set fsync and synchronous_commit to on in postgresql.conf',
          ),
        ]
      : [good(about, 'what it acknowledges is on disk')]),
    ...(isSecure || hostsOf(place).every(isLoopback)
      ? []
      : [
          warning(
            about,
            'it is reached without TLS: whoever is between reads and changes everything',
            'add sslmode=verify-full to the database URL',
          ),
        ]),
    ...(needed > mostConnections
      ? [
          fault(
            about,
            `it takes ${mostConnections} connections, and this server wants up to ${needed}`,
            'raise max_connections, or lower "connections" in the database URL',
          ),
        ]
      : []),
  ]
}

// A socket in the file system is a path in place of a name.
function hostsOf({ urls }: Place): string[] {
  const hosts = urls.map((url) => new URL(url).hostname)
  return hosts.filter((host) => !/^%2f/i.test(host))
}

function checkSqlite({ check, journal }: NonNullable<Looked['sqlite']>): Finding {
  if (check === undefined)
    return good('SQLite', `the file is too large to be read whole, its journal is ${journal}`)
  if (check !== 'ok') {
    return fault('SQLite', `the file is damaged: ${check}`, 'stop the server and restore a backup')
  }
  return good('SQLite', `the file is whole, its journal is ${journal}`)
}
