// A Python with the providers' own SDKs in it, unmodified, installed once and kept.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const REQUIREMENTS = [
  'bolt-api-sdk==0.5.6',
  'multi-auth-project-sdk==1.0.0',
  'ultracart-rest-sdk==4.1.66',
]
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/patois-python', import.meta.url))
/** How long an installation may take. */
export const INSTALL_MS = 120_000

const run = promisify(execFile)

/** What this machine has: a Python with the SDKs, or the reason why there is none. */
export type Machine = { python: string } | { missing: string }

const printed = async (command: string, args: string[], timeout: number) => {
  try {
    return (await run(command, args, { timeout, killSignal: 'SIGKILL' })).stdout
  } catch {
    return undefined
  }
}

/** Finds the Python, or installs it. */
export const preparePython = async (): Promise<Machine> => {
  const about = ['-c', 'import sys; print(sys.version, sys.prefix)']
  const version = await printed('python3', about, 10_000)
  if (version === undefined) return { missing: 'There is no python3 on this machine.' }
  const facts = [version, ...REQUIREMENTS].join('\n')
  const folder = join(CACHE, createHash('sha256').update(facts).digest('hex').slice(0, 16))
  const python = join(folder, 'bin', 'python')
  if (existsSync(python)) return { python }

  // What is left of one whose Python has gone.
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(CACHE, { recursive: true })
  const draft = mkdtempSync(join(CACHE, 'draft-'))
  try {
    const until = Date.now() + INSTALL_MS
    if ((await printed('python3', ['-m', 'venv', draft], INSTALL_MS)) === undefined) {
      return { missing: 'python3 makes no virtual environment with pip in it on this machine.' }
    }
    // Wheels only: nothing is compiled, and no code of a package runs while it is installed.
    const flags = ['--quiet', '--no-input', '--only-binary=:all:', '--retries=1', '--timeout=10']
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', ...flags, ...REQUIREMENTS]
    const left = Math.max(until - Date.now(), 1)
    if ((await printed(join(draft, 'bin', 'python'), pip, left)) === undefined) {
      return { missing: `pip cannot get ${REQUIREMENTS.join(' and ')} on this machine.` }
    }
    // In one step, so that an environment in the cache is always a complete one.
    renameSync(draft, folder)
    return { python }
  } catch (error) {
    // Another run may have been the first.
    if (existsSync(python)) return { python }
    throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}
