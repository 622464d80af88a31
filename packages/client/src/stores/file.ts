// File: keeps tokens in a folder that processes of one machine share, a folder in it for each name.

import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Cells, type LeaseTimes, leasedStore } from '../lease.ts'
import type { TokenStore } from '../store.ts'

const OWNER_ONLY = 0o600
/** A draft that is older was left behind by a process that died. */
const DRAFT_MS = 60_000

/** The latest version of a cell; version 0 is before the first. */
type Version = { number: number; text: string | undefined }

/** Where a cell's versions lie, as files `tokens.1`, `tokens.2` and so on. */
type Place = { folder: string; kind: string }

// Names are anybody's; a folder's name is letters, digits and a few signs, and short enough.
async function placeOf(root: string, key: string): Promise<Place> {
  const at = key.indexOf(' ')
  const [kind, name] = [key.slice(0, at), key.slice(at + 1)]
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name))
  const hex = Buffer.from(digest).toString('hex').slice(0, 32)
  return { kind, folder: join(root, `${name.replace(/[^\w@-]/g, '_').slice(0, 80)}-${hex}`) }
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes(String((error as NodeJS.ErrnoException).code))
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return []
    throw error
  }
}

function numbersOf(files: readonly string[], kind: string): number[] {
  return files.flatMap((file) => {
    const [before, number = ''] = file.split('.')
    return before === kind && /^\d+$/.test(number) ? [Number(number)] : []
  })
}

async function latest({ folder, kind }: Place): Promise<Version> {
  for (;;) {
    const number = Math.max(0, ...numbersOf(await filesOf(folder), kind))
    if (number === 0) return { number, text: undefined }
    try {
      const text = await readFile(join(folder, `${kind}.${number}`), 'utf8')
      return { number, text: text === '' ? undefined : text }
    } catch (error) {
      // A newer one has come meanwhile, and this one was removed.
      if (!isCode(error, 'ENOENT')) throw error
    }
  }
}

// A link is there whole or not at all, and of all who would make the same one a single one can.
async function publish({ folder, kind }: Place, number: number, text: string): Promise<boolean> {
  const draft = join(folder, `draft.${Date.now()}.${crypto.randomUUID()}`)
  const file = await open(draft, 'wx', OWNER_ONLY)
  try {
    await file.writeFile(text)
    // A lock does not outlive the machine; tokens do.
    if (kind === 'tokens') await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, join(folder, `${kind}.${number}`))
    if (kind === 'tokens') await syncFolder(folder)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders, and has no need of it.
  const directory = await open(folder, 'r').catch(() => undefined)
  await directory?.sync().finally(() => directory.close())
}

// Whoever was asleep between looking and linking may have made one that was removed long ago.
async function isLatest({ folder, kind }: Place, number: number): Promise<boolean> {
  const files = await filesOf(folder)
  const numbers = numbersOf(files, kind)
  const is = Math.max(...numbers) === number
  const old = is ? numbers.filter((one) => one < number) : [number]
  const drafts = files.filter((file) => {
    const [kind, at] = file.split('.')
    return kind === 'draft' && Date.now() - Number(at) > DRAFT_MS
  })
  const left = [...old.map((one) => `${kind}.${one}`), ...drafts]
  await Promise.all(left.map((one) => rm(join(folder, one), { force: true })))
  return is
}

/**
 * A store in a folder, which is made when it is missing; only its owner can read it. The folder's
 * file system must know hard links.
 */
export function fileStore(folder: string, times?: LeaseTimes): TokenStore {
  const cells: Cells = {
    read: async (key) => (await latest(await placeOf(folder, key))).text,
    swap: async (key, before, after) => {
      const place = await placeOf(folder, key)
      const { number, text } = await latest(place)
      if (text !== before) return false
      if (number === 0) await mkdir(place.folder, { recursive: true, mode: 0o700 })
      return (await publish(place, number + 1, after ?? '')) && isLatest(place, number + 1)
    },
  }
  return leasedStore(cells, times)
}
