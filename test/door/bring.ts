// Packages of npm that only some tests drive: each folder has a lock of its own, installed when needed.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './page.ts'

const run = promisify(execFile)

/** Where the packages of a folder below test/ are. */
export const modulesOf = (name: string): string => join(ROOT, 'test', name, 'node_modules')

/**
 * Installs the packages of a folder below test/ when they are not there, and does with them what is
 * left to do; answers why there are none.
 */
export const bring = async (
  name: string,
  finish: () => Promise<unknown> = async () => {},
): Promise<string | undefined> => {
  const cwd = join(ROOT, 'test', name)
  const stamp = join(modulesOf(name), '.patois-ready')
  const lock = readFileSync(join(cwd, 'package-lock.json'))
  const hash = createHash('sha256').update(lock).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return undefined
  console.log(`Installing the ${name} for the tests (npm ci, a minute) ...`)
  try {
    await run('npm', ['ci', '--ignore-scripts', '--loglevel=error', '--fetch-retries=1'], { cwd })
    await finish()
  } catch (error) {
    return `npm ci does not bring them: ${String(error).trim().split('\n').at(-1)}`
  }
  writeFileSync(stamp, hash)
  return undefined
}
