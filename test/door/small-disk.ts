// A small disk of its own for a server, which a test fills and frees; nobody else's fills up with it.

import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Installation } from './process.ts'

/** The disk of a server that runs. */
export type SmallDisk = {
  /** A path of the server, as this process sees it. */
  seen(path: string): string
  /** Takes all that is left. */
  fill(): void
  /** Gives it back. */
  free(): void
}

// A file system that only the server sees goes with it, whatever becomes of this process.
const APART = ['unshare', '--mount', '--map-root-user']
const MOUNT = 'mount -t tmpfs -o "size=$0" none "$1" && shift && exec "$@"'

/** Why there can be no small disk here; undefined when there can be one. */
export const whyNoSmallDisk = (): string | undefined => {
  const { status } = spawnSync('unshare', [
    ...APART.slice(1),
    'mount',
    '-t',
    'tmpfs',
    'none',
    '/mnt',
  ])
  return status === 0 ? undefined : 'no file system may be mounted here'
}

/** Puts an installation's database on a disk of so many megabytes. */
export const onSmallDisk = (place: Installation, megabytes: number): Installation => {
  const folder = join(dirname(place.file), 'disk')
  mkdirSync(folder)
  const path = join(folder, 'patois.db')
  const within = [...APART, 'sh', '-c', MOUNT, `${megabytes}m`, folder]
  return { ...place, path, within, flags: ['--database', `sqlite:${path}`] }
}

/** The disk of the server with this process id. */
export const diskOf = (place: Installation, pid: number): SmallDisk => {
  const seen = (path: string): string => `/proc/${pid}/root${path}`
  const filler = seen(join(dirname(place.path), 'filler'))
  return {
    seen,
    fill: () => {
      const file = openSync(filler, 'a')
      // The last bytes go one page at a time.
      for (let size = 1 << 20; size >= 512; ) {
        try {
          writeSync(file, new Uint8Array(size))
        } catch {
          size /= 2
        }
      }
      closeSync(file)
    },
    free: () => rmSync(filler),
  }
}
