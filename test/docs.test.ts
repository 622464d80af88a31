// The documentation as a whole: where its links lead, and what it says that tests must show.

import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deadLinks, openPage, ROOT } from './door/page.ts'
import { play } from './door/story.ts'

const PAGES = [...globSync('*.md', { cwd: ROOT }), ...globSync('docs/**/*.md', { cwd: ROOT })]

test.each(PAGES)('every link of %s leads somewhere', (path) => {
  expect(deadLinks(path)).toEqual([])
})

test('a link to no file, and to no heading, is found', () => {
  const path = 'test-output/links.md'
  mkdirSync(join(ROOT, 'test-output'), { recursive: true })
  const links =
    '[a](nowhere.md) [b](#no-such) [c](#here) [d](../README.md#start) [e](../README.md#x)'
  writeFileSync(join(ROOT, path), `# Here\n\n${links}\n`)
  expect(deadLinks(path)).toEqual(['nowhere.md', '#no-such', '../README.md#x'])
})

test.each([
  ['prints something else', '```sh\necho one\n```\n\n```text\ntwo\n```\n', 'one'],
  ['fails', '```sh\nexit 3\n```\n', 'exit 3'],
  ['ends too early', '```sh stays\necho gone\n```\n\n```text\nready\n```\n', 'gone'],
])('a page whose command %s is found out', async (_, text, said) => {
  const path = 'test-output/story.md'
  mkdirSync(join(ROOT, 'test-output'), { recursive: true })
  writeFileSync(join(ROOT, path), `# Here\n\n${text}`)
  await expect(play(path)).rejects.toThrow(said)
})

const TASKS = globSync('docs/tasks/*.md', { cwd: ROOT })

test.each([...TASKS, 'README.md', 'docs/quick-start.md', 'docs/dialects/own.md'])(
  '%s works in a clone where nothing was installed',
  (path) => {
    const { prose, code } = openPage(path)
    const commands = code('sh').join('\n')
    expect(commands + prose).not.toContain('npx patois dev')
    if (/npx (patois|node)/.test(commands))
      expect(commands + prose).toContain('node tools/ready.mjs')
  },
)

test('no two servers of the pages, started in one clone, share a database outside dev mode', () => {
  const files = [...TASKS, 'README.md'].flatMap((path) => openPage(path).code('yaml'))
  const served = files.filter((text) => /^issuer:/m.test(text))
  const databases = served.map((text) => /^database: (\S+)$/m.exec(text)?.[1] ?? 'none')
  expect(databases.length).toBeGreaterThan(2)
  expect(new Set(databases).size).toBe(databases.length)
})

test.each(TASKS)('%s leads on to another page', (path) => {
  const last = openPage(path).prose.trimEnd().split('\n\n').at(-1) ?? ''
  expect(last).toMatch(/^Next: .*\]\(/s)
})

test('every page of docs/ can be reached from the index', () => {
  const reached = new Set(['docs/README.md'])
  for (const path of reached) {
    for (const link of openPage(path).links) if (link.path.endsWith('.md')) reached.add(link.path)
  }
  expect(PAGES.filter((path) => path.startsWith('docs/') && !reached.has(path))).toEqual([])
})

const PROMISE = /\[[\w-]+\]\(\.\.\/(test\/[\w/.-]+)\): \*([^*]+)\*/g
const { text } = openPage('docs/security.md')
const promises = [...text.matchAll(PROMISE)].map(([, file = '', title = '']) => ({ file, title }))

test('every promise of docs/security.md names its test', () => {
  const section = text.slice(text.indexOf('## What is promised'), text.indexOf('## Threats'))
  const rows = section.match(/^\| .*\|$/gm)?.filter((row) => row !== '| promise | held by |') ?? []
  expect(promises.length).toBeGreaterThan(30)
  expect(promises.length).toBe(rows.length)
})

test.each(promises)('$file has “$title”', ({ file, title }) => {
  const quotes = ["'", '"'].map((quote) => quote + title + quote)
  const all = readFileSync(join(ROOT, file), 'utf8').split('\n')
  const lines = all.filter((line) => quotes.some((one) => line.includes(one)))
  expect(lines).toEqual([expect.stringMatching(/^\s*(test|\]?\)?)\(/)])
})

const FAULTS = /^(What can go wrong|When it does not)$/
/** What browsers and Node say, which stands in no source here. */
const OTHERS = ['blocked by CORS policy', 'crypto.subtle is undefined', 'ERR_MODULE_NOT_FOUND']
const SOURCES = ['packages/*/src/**/*.ts', 'node_modules/{jose,oauth4webapi}/**/*.js']
const sources = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .map((path) => readFileSync(join(ROOT, path), 'utf8'))
  .join('\n')

// Of each row under such a heading, what its first cell quotes.
const quoted = (path: string): string[] => {
  const sections = openPage(path).prose.split(/^#+ /m)
  const ours = sections.filter((section) => FAULTS.test(section.split('\n')[0] ?? ''))
  const cells = ours.flatMap((section) => section.match(/^\|[^|]*\|/gm) ?? [])
  return cells
    .flatMap((cell) => [...cell.matchAll(/`([^`]+)`|“([^”]+)”/g)])
    .flatMap(([, code, sentence]) => (code ?? sentence ?? '').split('…'))
    .map((piece) => piece.replace(/^\W+/, '').trim())
    .filter((piece) => piece.length > 3 && !OTHERS.includes(piece))
}

test.each(PAGES.filter((path) => quoted(path).length > 0))(
  'every message that %s has a cure for is one that somebody says',
  (path) => {
    expect(quoted(path).filter((piece) => !sources.includes(piece))).toEqual([])
  },
)
