// The versions of PostgreSQL besides the one that tests start by themselves: brought when they are missing.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bring, modulesOf } from './bring.ts'

/** The first is the oldest that is promised. */
export const VERSIONS = [14, 16, 17] as const

type Version = (typeof VERSIONS)[number]

const packageOf = (version: Version): string => join(modulesOf('databases'), `postgres-${version}`)

// Links are no files of a package: it has them in a list, and a script that makes them.
const link = (version: Version): Promise<unknown> =>
  promisify(execFile)(process.execPath, ['scripts/hydrate-symlinks.js'], {
    cwd: packageOf(version),
  })

/** Installs them when they are not there. Answers the folder of one's programs, or why there is none. */
export const bringPostgres = async (
  version: Version,
): Promise<{ folder: string } | { without: string }> => {
  const { platform, arch } = process
  if (platform !== 'linux' || arch !== 'x64')
    return { without: `it is for linux x64, not ${platform} ${arch}` }
  const without = await bring('databases', () => Promise.all(VERSIONS.map(link)))
  return without === undefined ? { folder: join(packageOf(version), 'native/bin') } : { without }
}
