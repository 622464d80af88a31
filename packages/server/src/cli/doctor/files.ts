// Files: who may read the configuration, the database and the metrics, and how much room is left.

import { readFileSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { isLoopback } from '../../configuration/issuer.ts'
import type { Configuration } from '../../configuration.ts'
import { type Finding, fault, good, warning } from './finding.ts'

/** A secret that stands in the file itself, and not in the environment. */
const WRITTEN_SECRET =
  /^\s*(?:- *)?["']?(client_secret|password)["']?\s*:\s*["']?(?!\$\{env:)[^\s"'{[]/m
const OTHERS_READ = 0o044
const OTHERS = 0o077
const LEAST_BYTES = 200 * 1024 * 1024

/** Checks who is told the figures. */
export function checkMetrics({ metrics }: Configuration): Finding[] {
  if (!metrics || isLoopback(metrics.host)) return []
  const says = `they are answered on ${metrics.host}:${metrics.port} to whoever gets there`
  return [warning('metrics', says, 'see that only Prometheus reaches that address')]
}

/** Looks at the files of a configuration that has no fault. */
export function checkFiles(file: string | undefined, { database }: Configuration): Finding[] {
  const path = database.startsWith('sqlite:') ? database.slice('sqlite:'.length) : undefined
  const isFile = path !== undefined && path !== ':memory:'
  return [...(file ? [checkText(file)] : []), ...(isFile ? checkDatabase(path) : [])]
}

function checkText(file: string): Finding {
  const about = 'configuration file'
  const mode = statSync(file).mode
  const [, name] = WRITTEN_SECRET.exec(readFileSync(file, 'utf8')) ?? []
  if (name !== undefined && (mode & OTHERS_READ) !== 0) {
    const says = `${file} holds a ${name} and can be read by other users of this machine`
    return fault(about, says, `chmod 600 ${file}, or write \${env:NAME} in its place`)
  }
  return good(about, `${file} shows nobody a secret`)
}

function checkDatabase(path: string): Finding[] {
  const about = 'database file'
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) return []
  const open = (stats.mode & OTHERS) !== 0
  const says = `${path} can be opened by other users of this machine`
  const mode = open
    ? fault(about, says, `chmod 600 ${path} and, beside it, its -wal and -shm`)
    : good(about, `${path} is its owner's alone`)
  return [mode, checkRoom(path)]
}

function checkRoom(path: string): Finding {
  const { bavail, bsize } = statfsSync(dirname(path))
  const free = Math.floor((bavail * bsize) / 1024 / 1024)
  const says = `${free} MB are free where ${path} lies`
  if (bavail * bsize >= LEAST_BYTES) return good('disk', says)
  return warning('disk', says, 'make room: nothing can be written on a full disk, until there is')
}
