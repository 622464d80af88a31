// Dialect files: an entry of `dialects` that is a path, read, checked and called by its own name.

import { dirname, resolve } from 'node:path'
import type { Dialect } from '@patois/core'
import { checkDialect } from '@patois/core/check'
import type { DialectMount } from '../settings.ts'
import { at } from './fault.ts'
import { isObject, readYaml } from './source.ts'

/** Every dialect that there is then, and the mounts by their names. */
export type Loaded = { dialects: readonly Dialect[]; mounts: readonly DialectMount[] }

/** A dialect out of a file, or all that is wrong with it; `name` is what it calls itself. */
export type DialectFile =
  | { ok: true; dialect: Dialect }
  | { ok: false; faults: string[]; name?: string }

/** True for what names a file and not a dialect. */
export function isDialectFile(name: string): boolean {
  return /[/\\]|\.(ya?ml|json)$/.test(name)
}

/** Reads and checks the dialect file at `path`; `place` is what the faults call it. */
export function readDialectFile(path: string, place: string): DialectFile {
  const read = readYaml(path, undefined, place)
  if (!read.ok) return { ok: false, faults: [read.fault] }
  const checked = checkDialect(read.value)
  if (checked.ok) return checked
  const name = isObject(read.value) ? read.value.name : undefined
  const faults = checked.faults.map((fault) => at(place, fault))
  return { ok: false, faults, ...(typeof name === 'string' && { name }) }
}

/** Reads the files among the mounts, relative to the configuration file; faults go to `faults`. */
export function loadDialects(
  mounts: readonly DialectMount[],
  known: readonly Dialect[],
  file: string | undefined,
  faults: string[],
): Loaded {
  const folder = file === undefined ? '.' : dirname(file)
  const files = new Map<string, DialectFile>()
  const named = mounts.map((mount, index) => {
    if (!isDialectFile(mount.dialect)) return nameKnown(mount, index, known, faults)
    const path = resolve(folder, mount.dialect)
    const place = `dialects[${index}] (${mount.dialect})`
    const found = files.get(path) ?? readNew(path, place, [known, files], faults)
    files.set(path, found)
    const name = found.ok ? found.dialect.name : (found.name ?? mount.dialect)
    return { ...mount, dialect: name }
  })
  const loaded = [...files.values()].flatMap((one) => (one.ok ? [one.dialect] : []))
  return { dialects: [...known, ...loaded], mounts: named }
}

function nameKnown(
  mount: DialectMount,
  index: number,
  known: readonly Dialect[],
  faults: string[],
): DialectMount {
  const names = known.map(({ name }) => name)
  const dialect = known.find(({ name }) => name === mount.dialect)
  const place = `dialects[${index}]`
  if (!dialect) {
    const sentence = `is not a known dialect (known: ${names.join(', ')}; patois dialect list has more), nor a file such as ./name.yaml`
    faults.push(at(place, sentence))
  } else checkServed(dialect, place, faults)
  return mount
}

function checkServed({ name, serve, because }: Dialect, place: string, faults: string[]): void {
  if (serve !== false) return
  faults.push(at(place, `${name} is for callers only and cannot be served: ${because}`))
}

// Tokens and clients remember a dialect by its name: no two may share one.
function readNew(
  path: string,
  place: string,
  [known, files]: readonly [readonly Dialect[], ReadonlyMap<string, DialectFile>],
  faults: string[],
): DialectFile {
  const read = readDialectFile(path, place)
  if (!read.ok) {
    faults.push(...read.faults)
    return read
  }
  checkServed(read.dialect, place, faults)
  const { name } = read.dialect
  const others = [...files.values()].flatMap((one) => (one.ok ? [one.dialect] : []))
  if (![...known, ...others].some((one) => one.name === name)) return read
  faults.push(at(place, `name: ${name} is the name of another dialect`))
  return { ok: false, faults: [], name }
}
