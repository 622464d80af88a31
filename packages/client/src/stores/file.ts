// File: keeps tokens in a folder that processes of one machine share, one file a name.

import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { type LeaseCells, type LeaseTimes, leasedStore } from '../lease.ts'
import type { TokenStore } from '../store.ts'

const OWNER_ONLY = 0o600

// Names are anybody's; a file's name is letters, digits and a few signs, and short enough.
async function fileName(name: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name))
  const hex = Buffer.from(digest).toString('hex').slice(0, 16)
  return `${name.replace(/[^\w.@-]/g, '_').slice(0, 80)}-${hex}`
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

// A file is there whole or not at all, and still there after a power cut.
async function put(folder: string, path: string, text: string): Promise<void> {
  const draft = `${path}.${crypto.randomUUID()}`
  const file = await open(draft, 'wx', OWNER_ONLY)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  const directory = await open(folder, 'r')
  await directory.sync().finally(() => directory.close())
}

async function claim(path: string, holder: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', OWNER_ONLY)
    await file.writeFile(holder).finally(() => file.close())
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

// The holder's name and when it last touched the file; undefined when nobody holds it.
async function signOf(path: string): Promise<string | undefined> {
  const holder = await textOf(path)
  const { mtimeMs } = (await stat(path).catch(() => undefined)) ?? {}
  return holder === undefined || mtimeMs === undefined ? undefined : `${holder} ${mtimeMs}`
}

/** A store in a folder, which is made when it is missing; only its owner can read it. */
export function fileStore(folder: string, times?: LeaseTimes): TokenStore {
  const pathOf = async (name: string, end: string) => join(folder, (await fileName(name)) + end)
  const lockOf = (name: string) => pathOf(name, '.lock')
  const cells: LeaseCells = {
    read: async (name) => textOf(await pathOf(name, '.tokens')),
    take: async (name, holder) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const path = await lockOf(name)
      if (await claim(path, holder)) return undefined
      return (await signOf(path)) ?? 'just freed'
    },
    steal: async (name, sign, holder) => {
      const path = await lockOf(name)
      if ((await signOf(path)) !== sign) return false
      // Of all who would take it over, one can move it away.
      const away = `${path}.${holder}`
      const isMine = await rename(path, away).then(
        () => true,
        () => false,
      )
      await rm(away, { force: true })
      return isMine && claim(path, holder)
    },
    renew: async (name, holder) => {
      const path = await lockOf(name)
      if ((await textOf(path)) === holder) await utimes(path, new Date(), new Date())
    },
    write: async (name, holder, value) => {
      if ((await textOf(await lockOf(name))) !== holder) return false
      const path = await pathOf(name, '.tokens')
      if (value === undefined) await rm(path, { force: true })
      else await put(folder, path, value)
      return true
    },
    free: async (name, holder) => {
      const path = await lockOf(name)
      if ((await textOf(path)) === holder) await rm(path, { force: true })
    },
  }
  return leasedStore(cells, times)
}
