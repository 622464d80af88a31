// A small disk of its own for a server, which a test fills and frees; nobody else's fills up with it.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
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

/** A small disk that is there for as long as it is open, and for whom it is there. */
export type OpenDisk = SmallDisk & {
  /** Makes a command one that sees it; as nobody, because PostgreSQL refuses to run as root. */
  within: readonly string[]
  close(): Promise<void>
}

const NOBODY = ['unshare', '--map-user=65534', '--map-group=65534']

/** Puts a disk of so many megabytes at a folder, for those who are within it. */
export const openSmallDisk = async (folder: string, megabytes: number): Promise<OpenDisk> => {
  const keep = ['sh', '-c', 'echo there; read -r _']
  const [command = '', ...rest] = [...APART, 'sh', '-c', MOUNT, `${megabytes}m`, folder, ...keep]
  const keeper = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(keeper, 'close')
  await Promise.race([once(keeper.stdout, 'data'), ended])
  const enter = ['nsenter', `--target=${keeper.pid}`, '--user', '--mount', '--preserve-credentials']
  return {
    ...diskAt(keeper.pid ?? 0, folder),
    within: [...enter, ...NOBODY],
    close: async () => {
      keeper.stdin.end()
      await ended
    },
  }
}

/** The disk of the server with this process id. */
export const diskOf = (place: Installation, pid: number): SmallDisk =>
  diskAt(pid, dirname(place.path))

const diskAt = (pid: number, folder: string): SmallDisk => {
  const seen = (path: string): string => `/proc/${pid}/root${path}`
  const filler = seen(join(folder, 'filler'))
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
