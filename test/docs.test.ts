// The documentation as a whole: where its links lead, and what it says that tests must show.

import { globSync } from 'node:fs'
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
