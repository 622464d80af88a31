// The clock of a process that runs, set forth and back from outside by Debian's libfaketime.

import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A clock that processes with this environment go by; timers go on as they would. */
export type FakeTime = {
  env: Record<string, string>
  /** Sets it so many seconds from the real time. */
  set(seconds: number): void
}

/** Debian has a folder for each architecture. */
const library = (): string | undefined => {
  const lib = '/usr/lib'
  if (!existsSync(lib)) return undefined
  return readdirSync(lib)
    .map((name) => join(lib, name, 'faketime/libfaketime.so.1'))
    .find((path) => existsSync(path))
}

/** Why no clock can be set on this machine; undefined when one can. */
export const whyNoFakeTime = (): string | undefined =>
  library() === undefined ? 'there is no libfaketime on this machine' : undefined

/** A clock that is switched by a file in the folder. Throws when there is no libfaketime. */
export const openFakeTime = (folder: string): FakeTime => {
  const path = library()
  if (path === undefined) throw new Error(whyNoFakeTime())
  const file = join(folder, 'faketime')
  const set = (seconds: number): void =>
    writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  set(0)
  const env = {
    LD_PRELOAD: path,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_NO_CACHE: '1',
  }
  return { env, set }
}
