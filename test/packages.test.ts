// The packages as they are published: what is in them, that every entry has its types, and their READMEs.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build, pack } from './door/packed.ts'
import { deadLinks, ROOT } from './door/page.ts'
import { play } from './door/story.ts'

const run = promisify(execFile)
const BIN = join(ROOT, 'node_modules/.bin')

/** What stands in a package beside its LICENSE, README, package.json and build. */
const PACKAGES = [
  { folder: 'packages/core', more: ['schema/dialect.schema.json'] },
  { folder: 'packages/client', more: [] },
  { folder: 'packages/server', more: ['bin/patois.mjs'] },
]

let built: string
beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), 'patois-packages-'))
  await build()
})
afterAll(() => rmSync(built, { recursive: true }))

type Entries = Record<string, string | Record<string, string>>

describe.each(PACKAGES)('$folder', ({ folder, more }) => {
  const cwd = join(ROOT, folder)
  const { exports, bin = {} } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')) as {
    exports: Entries
    bin?: Record<string, string>
  }
  let paths: string[]
  let tarball: string
  beforeAll(async () => {
    const packed = await pack(folder, built)
    paths = packed.paths
    tarball = packed.tarball
  })

  test('holds its build and nothing of its making', () => {
    const beside = paths.filter((path) => !path.startsWith('dist/'))
    expect(beside.sort()).toEqual(['LICENSE', 'README.md', 'package.json', ...more].sort())
    const isBuilt = /\.(js|d\.ts)$|^dist\/command\/LICENSES\.txt$/
    const strange = paths.filter((path) => path.startsWith('dist/') && !isBuilt.test(path))
    expect([...strange, ...paths.filter((path) => path.includes('.test.'))]).toEqual([])
    const license = readFileSync(join(ROOT, 'LICENSE'), 'utf8')
    expect(readFileSync(join(cwd, 'LICENSE'), 'utf8')).toBe(license)
  })

  test.runIf(bin.patois)('names each package in its command, with its license', () => {
    const text = readFileSync(join(cwd, 'dist/command/LICENSES.txt'), 'utf8')
    const parts = text.split(/^-{80}$/m).map((part) => part.trim())
    for (const part of parts) expect(part).toMatch(/^[@\w./-]+ \d+\.\d+\.\d+ \([\w.-]+\)\n\n.+/)
    const names = parts.map((part) => part.split(' ')[0])
    expect(names).toEqual(expect.arrayContaining(['fastify', 'jose', 'pg', 'yaml', 'zod']))
    expect(names).toEqual([...new Set(names)])
  })

  /** Files of the package that fit a target, of which one may have a star. */
  const fitting = (target: string): string[] => {
    const [before = '', after] = target.slice(2).split('*')
    return paths.filter((path) =>
      after === undefined ? path === before : path.startsWith(before) && path.endsWith(after),
    )
  }

  test('has what its entries and commands name', () => {
    for (const target of Object.values(exports)) {
      const { 'patois-source': _, ...published } =
        typeof target === 'string' ? { default: target } : target
      for (const one of Object.values(published)) expect([one, fitting(one)]).not.toEqual([one, []])
    }
    for (const one of Object.values(bin)) expect(paths).toContain(one)
  })

  test('is as bundlers and Node want it (publint)', async () => {
    const { buffer } = new Uint8Array(readFileSync(tarball))
    const { messages } = await publint({ pack: { tarball: buffer }, strict: true })
    // Sources are for this repository alone; for a pattern publint does not make that exception.
    const faults = messages.filter(
      ({ code, path }) =>
        code !== 'EXPORTS_GLOB_NO_MATCHED_FILES' || path.at(-1) !== 'patois-source',
    )
    expect(faults).toEqual([])
  })

  test('has types at every entry (attw)', async () => {
    // What stands behind a pattern is looked at file by file.
    const patterns = Object.entries(exports).filter(([name]) => name.includes('*'))
    const named = patterns.flatMap(([name, target]) => {
      const { default: pattern = '' } = target as Record<string, string>
      const [before = '', after = ''] = pattern.slice(2).split('*')
      return fitting(pattern).map((path) =>
        name.replace('*', path.slice(before.length, path.length - after.length)),
      )
    })
    const line = [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color', '--format', 'ascii']
    if (named.length > 0) line.push('--include-entrypoints', ...named)
    const { stdout } = await run(join(BIN, 'attw'), line)
    for (const name of named) expect(stdout).toContain(name.slice(2))
    expect(stdout).not.toMatch(/FalseCJS|NoResolution(?!\.md)|UntypedResolution|❌/)
  })
})

const READMES = PACKAGES.map(({ folder }) => `${folder}/README.md`)

test.each(READMES)('every link of %s leads somewhere', (path) => {
  expect(deadLinks(path)).toEqual([])
})

test.each(['packages/core/README.md', 'packages/server/README.md'])('%s is true', (path) =>
  play(path),
)

test('packages/client/README.md is true at the server of packages/server/README.md', async () => {
  const [server = ''] = readFileSync(join(ROOT, 'packages/server/README.md'), 'utf8').split(
    '```sh\ncurl',
  )
  const path = 'test-output/client-readme.md'
  mkdirSync(join(ROOT, 'test-output'), { recursive: true })
  writeFileSync(join(ROOT, path), server + readFileSync(join(ROOT, 'packages/client/README.md')))
  await play(path)
})
