// The documentation as a whole: where its links lead, and what it says that tests must show.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deadLinks, openPage, ROOT } from './door/page.ts'

const PAGES = [...globSync('*.md', { cwd: ROOT }), ...globSync('docs/**/*.md', { cwd: ROOT })]

test.each(PAGES)('every link of %s leads somewhere', (path) => {
  expect(deadLinks(path)).toEqual([])
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
