// How much of the client reaches a browser, by what is imported, and what is never in it.

import { readdirSync, readFileSync } from 'node:fs'
import { DIALECTS, REASONS } from '@patois/core'
import { CATALOGUE } from '@patois/core/catalogue'
import { afterAll, expect, test } from 'vitest'
import { type Bundle, bundle } from '../door/bundle.ts'

const PACKAGE = new URL('../../packages/client/', import.meta.url)

const connecting = (dialect: string) => `
  import { connect } from '@patois/client'
  import { ${dialect} } from '@patois/core/dialects/${dialect}'
  const client = connect({ dialect: ${dialect}, clientId: 'a' })
  console.log(await client.exchange({ code: 'c' }), await client.refresh({ refreshToken: 'r' }))`

const keeping = `export { keep, memoryStore } from '@patois/client'`

/** What stands in no bundle, but in those that say that it may. */
const FORBIDDEN = {
  node: /["'`]node:/,
  process: /\bprocess\./,
  yaml: /["'`]yaml["'`]/,
  jose: /\bERR_J(OSE|WT|WS|WK)/,
  dpop: /dpop/i,
  // The server's reasons are a long table, and one import would bring it.
  reasons: new RegExp(REASONS.client_unknown.says),
}

type May = keyof typeof FORBIDDEN | 'dialects'
type Row = { what: string; most: number; code?: string; of?: string; may?: readonly May[] }

/** What is imported, and how many bytes that may be at most, minified and zipped. */
const BUDGETS: readonly Row[] = [
  { what: 'connect, bolt', most: 8000, code: connecting('bolt'), of: 'bolt' },
  { what: 'connect, cal', most: 8000, code: connecting('cal'), of: 'cal' },
  { what: 'connect, standard', most: 8000, code: connecting('standard'), of: 'standard' },
  { what: 'keep, memory', most: 8500, code: keeping },
  { what: '.', most: 10_500 },
  { what: './discover', most: 3300, of: 'standard' },
  { what: './private-key-jwt', most: 6000, may: ['jose'] },
  { what: './dpop', most: 7000, may: ['jose', 'dpop'] },
  { what: './pushed', most: 6500, of: 'standard' },
  { what: './device', most: 6500, of: 'standard' },
  { what: './id-token', most: 13_000, may: ['jose'] },
  { what: './register', most: 4500, of: 'standard' },
  { what: './protected-resource', most: 1800 },
  { what: './grants', most: 6000 },
  { what: './mcp', most: 14_000, of: 'standard', may: ['dpop'] },
  { what: './resource', most: 13_500, may: ['jose'] },
  // A file may extend any of our own, and is checked to the letter.
  { what: './dialect-file', most: 16_500, may: ['node', 'yaml', 'reasons', 'dialects'] },
  { what: './stores/file', most: 1700, may: ['node', 'process'] },
  { what: './stores/memory', most: 300 },
  { what: './stores/postgres', most: 1400 },
  { what: './stores/redis', most: 1100 },
  { what: './stores/sqlite', most: 1500 },
  { what: './stores/web', most: 600 },
]

const codeOf = ({ what, code }: Row): string =>
  code ?? `export * from '@patois/client${what.slice(1)}'`

/** What is in a bundle and must not be. */
const strangersIn = ({ code, modules }: Bundle, { of, may = [] }: Row): string[] => {
  const words = Object.entries(FORBIDDEN).filter(([, word]) => word.test(code))
  const found = words.map(([name]) => name).filter((name) => !may.includes(name as May))
  const names = [...DIALECTS, ...CATALOGUE].map(({ name }) => name).filter((name) => name !== of)
  const dialects = names.filter((name) => new RegExp(`\\bname:["'\`]${name}["'\`]`).test(code))
  const signs = modules.some((path) => path.includes('/node_modules/jose/'))
  if (signs && !may.includes('jose')) found.push('jose')
  return may.includes('dialects') ? found : [...found, ...dialects]
}

const sizes: string[] = []
afterAll(() => console.log(['bytes of at most', ...sizes].join('\n')))

for (const row of BUDGETS) {
  const { what, most } = row
  test(`${what} is within ${most} bytes and brings nothing along`, async () => {
    const made = await bundle(codeOf(row))
    sizes.push(`${String(made.zipped).padStart(5)} ${String(most).padStart(7)}  ${what}`)
    expect(strangersIn(made, row)).toEqual([])
    expect(made.zipped).toBeLessThanOrEqual(most)
  })
}

test('every entry has a budget', () => {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', PACKAGE), 'utf8'))
  const stores = readdirSync(new URL('src/stores/', PACKAGE), { withFileTypes: true })
    .filter((one) => one.isFile() && !one.name.endsWith('.test.ts'))
    .map(({ name }) => `./stores/${name.replace('.ts', '')}`)
  const entries = Object.keys(exports).filter((one) => one !== './stores/*')
  const rows = BUDGETS.map(({ what }) => what).filter((what) => what.startsWith('.'))
  expect(rows.sort()).toEqual([...entries, ...stores].sort())
})

test('a stranger would be seen', async () => {
  const made = await bundle(`
    import { readFileSync } from 'node:fs'
    import { parse } from 'yaml'
    import { dpop } from '@patois/client/dpop'
    import { DIALECTS, REASONS } from '@patois/core'
    console.log(process.env, readFileSync, parse, dpop, DIALECTS, REASONS)`)
  const words = ['node', 'process', 'yaml', 'jose', 'dpop', 'reasons', 'jose']
  const dialects = DIALECTS.map(({ name }) => name)
  expect(strangersIn(made, { what: '', most: 0 })).toEqual([...words, ...dialects])
})
