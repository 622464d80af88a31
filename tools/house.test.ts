// The house rules, each tried on a planted fault and on what it must leave alone.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inspect } from './house.ts'

const HEAD = '// A room that was built for a test.\n'
const long = (lines: number) => HEAD + 'const x = 1\n'.repeat(lines - 1)

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patois-house-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function faultsOf(path: string, text: string): string[] {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
  return inspect(folder).faults
}

describe('a fault is reported with its file, line and sentence', () => {
  const planted: [what: string, path: string, text: string, line: number, says: RegExp][] = [
    ['no first sentence', 'packages/core/src/a.ts', 'const a = 1\n', 1, /first line/],
    ['a long file', 'packages/core/src/a.ts', long(301), 301, /301 lines/],
    ['a dialect named', 'packages/server/src/a.ts', `${HEAD}const isBolt = 1\n`, 2, /"Bolt"/],
    ['a dialect in a string', 'packages/server/src/a.ts', `${HEAD}f('cal')\n`, 2, /"cal"/],
    ['a machine path', 'docs/a.md', `Look at ${['', 'work', 'x'].join('/')}\n`, 1, /one machine/],
    ['a registry', 'README.md', `https://registry.${'npmjs'}.org/x\n`, 1, /one machine/],
    ['a resolved address', 'package-lock.json', '{\n"resolved": "https://x/y"\n}\n', 2, /registry/],
    ['a clock in the core', 'packages/core/src/a.ts', `${HEAD}f(Date.now())\n`, 2, /Date\.now/],
    ['a fetch in the core', 'packages/core/src/a.ts', `${HEAD}fetch(url)\n`, 2, /fetch/],
    ['SQL', 'packages/server/src/a.ts', `${HEAD}f('SELECT a FROM b')\n`, 2, /SQL/],
    ['SQL in a template', 'packages/core/src/a.ts', `${HEAD}\nf(\`\nINSERT INTO a\`)\n`, 3, /SQL/],
    ['HTML', 'packages/server/src/http/a.ts', `${HEAD}f(\`<p>\${x}\`)\n`, 2, /HTML/],
    ['a quote in a reason', 'packages/core/src/refusal.ts', `${HEAD}row('a "b"')\n`, 2, /6749/],
    ['a dash in a reason', 'packages/core/src/refusal.ts', `${HEAD}row('a – b')\n`, 2, /6749/],
    [
      'an accent in a description',
      'packages/server/src/a.ts',
      `${HEAD}f({ error_description: 'Dé' })\n`,
      2,
      /6749/,
    ],
    ['a bare export', 'packages/core/src/a.ts', `${HEAD}\nexport const a = 1\n`, 3, /export "a"/],
    ['a bare async one', 'tools/a.ts', `${HEAD}\nexport async function b() {}\n`, 3, /export "b"/],
    ['a class', 'packages/core/src/a.ts', `${HEAD}class Service {}\n`, 2, /errors only/],
  ]

  test.each(planted)('%s', (_, path, text, line, says) => {
    const faults = faultsOf(path, text)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(says)
    expect(faults[0]?.startsWith(`${path}:${line}: `)).toBe(true)
  })

  test('all at once', () => {
    faultsOf('packages/core/src/a.ts', 'f(Math.random())\n')
    expect(faultsOf('packages/core/src/b.ts', 'f(process.env)\n')).toHaveLength(4)
  })
})

describe('what is right is left alone', () => {
  const right: [what: string, path: string, text: string][] = [
    ['three hundred lines', 'packages/core/src/a.ts', long(300)],
    ['a long test', 'packages/core/src/a.test.ts', long(400)],
    ['a long table of words', 'packages/server/src/pages/words/en.ts', long(400)],
    ['a dialect in its own file', 'packages/core/src/dialects/bolt.ts', `${HEAD}f('bolt')\n`],
    ['a dialect in the docs', 'docs/a.md', 'How to speak cal and ultracart.\n'],
    ['words that hold a name', 'packages/core/src/a.ts', `${HEAD}f(local, call, calendar)\n`],
    ['an address with a like path', 'docs/a.md', 'https://example.com/work/root/x ./root/x\n'],
    ['what is handed in', 'packages/core/src/a.ts', `${HEAD}f(parts.fetch(url), now)\n`],
    ['a clock in a comment', 'packages/core/src/a.ts', `${HEAD}// never Date.now\nf("it's")\n`],
    ['SQL in the store', 'packages/server/src/store/a.ts', `${HEAD}f('SELECT a FROM b')\n`],
    ['HTML in a page', 'packages/server/src/pages/a.ts', `${HEAD}f('<p>')\n`],
    ['a placeholder', 'packages/server/src/cli/a.ts', `${HEAD}f('add <name> [file]')\n`],
    ['types that look like tags', 'packages/core/src/a.ts', `${HEAD}f<a>(b<p>(1))\n`],
    ['a list', 'packages/core/src/index.ts', `${HEAD}export * from './a.ts'\n`],
    ['overloads', 'tools/a.ts', `${HEAD}export function a(): 1\nexport function a(): 1 {}\n`],
    ['an error class', 'packages/core/src/a.ts', `${HEAD}class Refused extends Error {}\n`],
    ['an export in a template', 'packages/core/src/a.ts', `${HEAD}f(\`\nexport const a = 1\n\`)\n`],
    ['a slash in a pattern', 'packages/core/src/a.ts', `${HEAD}f(/'[/'"]/, a / b, "SELECTED")\n`],
    ['a bang line', 'tools/a.mjs', `#!/usr/bin/env node\n${HEAD}`],
    ['built files', 'packages/core/dist/a.js', 'process.exit(Date.now())\n'],
  ]

  test.each(right)('%s', (_, path, text) => {
    expect(faultsOf(path, text)).toEqual([])
  })
})

test('the summary counts source files and lines without tests', () => {
  faultsOf('packages/core/src/a.ts', long(10))
  faultsOf('packages/core/src/b.ts', long(20))
  faultsOf('packages/core/src/c.ts', long(90))
  faultsOf('packages/core/src/a.test.ts', long(50))
  expect(inspect(folder).summary).toBe('3 source files, 120 lines, median 20')
})
