// The catalogue as data: every dialect of it is one, keeps the laws, and says where it is from.

import { readdirSync, readFileSync } from 'node:fs'
import { DIALECTS, type Dialect } from '@patois/core'
import { CATALOGUE } from '@patois/core/catalogue'
import { checkDialect } from '@patois/core/check'
import { describe, expect, test } from 'vitest'
import { exampleOf } from '../packages/server/src/cli/dialect-example.ts'
import {
  checkAnswers,
  checkHeard,
  checkHeardRefusals,
  checkMounts,
  checkRefusals,
  checkRequests,
} from './dialect-contract.ts'

const FOLDER = new URL('../packages/core/src/dialects/catalogue/', import.meta.url)
const RUNS = 30

/** Providers that document themselves at an address which no call of theirs goes to. */
const DOCUMENTED_AT: Readonly<Record<string, string>> = {
  instagram: 'facebook.com',
  linkedin: 'microsoft.com',
  microsoft: 'microsoft.com',
  shopify: 'shopify.dev',
  google: 'google.com',
}

const domainOf = (url: string): string => new URL(url).hostname.split('.').slice(-2).join('.')

describe.each(CATALOGUE.map((one) => [one.name, one] as const))('%s', (name, dialect) => {
  test('is a dialect', () => {
    const data: unknown = JSON.parse(JSON.stringify(dialect))
    expect(checkDialect(data)).toEqual({ ok: true, dialect: data })
  })
  test('names its provider’s own page and servers', () => {
    const { documentation = '', servers = {}, operations, variables = {} } = dialect
    const fill = (url: string) => url.replace(/\{(\w+)\}/g, (_, part) => variables[part] || 'x')
    const places = [...Object.values(servers), ...Object.values(operations).map(({ at }) => at)]
    const own = places.flatMap((url) => (url ? [domainOf(fill(url))] : []))
    expect(new URL(documentation).protocol).toBe('https:')
    expect([...own, DOCUMENTED_AT[name]]).toContain(domainOf(documentation))
    expect(Object.keys(servers).length).toBeGreaterThan(0)
  })
  test('reads what its clients write', () => checkRequests(dialect, RUNS))
  test('refuses with what is in its table', () => checkRefusals(dialect))
  test('answers without nulls, with its constants', () => checkAnswers(dialect, RUNS))
  test('is heard as it was answered', () => checkHeard(dialect, RUNS))
  test('is heard refusing as it refused', () => checkHeardRefusals(dialect))
  test.skipIf(dialect.serve === false)('stands in one place alone', () => checkMounts(dialect))
  test('looks on the wire as it did', async () => {
    const file = `./dialects/__snapshots__/catalogue/${name}.txt`
    await expect(exampleOf(dialect)).toMatchFileSnapshot(file)
  })
})

describe('the catalogue', () => {
  const names = [...DIALECTS, ...CATALOGUE].map(({ name }) => name)
  const files = readdirSync(FOLDER)
    .map((file) => file.replace(/\.ts$/, ''))
    .filter((file) => !['common', 'index'].includes(file))

  test('has a file for each of at least 25 providers, and a name for each file', () => {
    expect(files.length).toBeGreaterThanOrEqual(25)
    expect(CATALOGUE.map(({ name }) => name)).toEqual(files.sort())
    expect(new Set(names).size).toBe(names.length)
    // The docs say how many there are, and how many of them callers alone may have.
    const alone = CATALOGUE.filter((one: Dialect) => one.serve === false)
    expect([CATALOGUE.length, alone.length]).toEqual([41, 4])
  })

  // Whoever takes one dialect carries it, the common parts and nothing else.
  test.each(files)('%s brings along what is common alone', (file) => {
    const text = readFileSync(new URL(`${file}.ts`, FOLDER), 'utf8')
    const brought = [...text.matchAll(/^(?:import|\}) (?!type).*from '(.*)'$/gm)].map(
      ([, from]) => from,
    )
    expect(['../bearer-refusals.ts', '../common.ts', '../refusals.ts', './common.ts']).toEqual(
      expect.arrayContaining(brought),
    )
  })
})
