// Bundles the command out of what tsc built: a start reads some files in place of six hundred.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plugin, rolldown } from 'rolldown'

const DIST = fileURLToPath(new URL('./dist', import.meta.url))
const OUT = join(DIST, 'command')

const OUTSIDE = [
  // Machine code, and what must be the one that an operator preloads.
  /^@node-rs\/argon2/,
  /^@opentelemetry\/api/,
  // Never loaded: for schemas of routes and tests of fastify's, and what pg can do without.
  /^@fastify\/(ajv|fast-json-stringify)-compiler/,
  'light-my-request',
  'pg-native',
  'pg-cloudflare',
]

await bundle()

async function bundle(): Promise<void> {
  const build = await rolldown({
    input: join(DIST, 'cli/main.js'),
    platform: 'node',
    external: OUTSIDE,
    plugins: [keepAddresses()],
  })
  rmSync(OUT, { recursive: true, force: true })
  const { output } = await build.write({ dir: OUT, format: 'esm', chunkFileNames: '[name].js' })
  await build.close()
  const modules = output.flatMap((one) => (one.type === 'chunk' ? Object.keys(one.modules) : []))
  writeFileSync(join(OUT, 'LICENSES.txt'), licenses(modules))
}

/** A module of ours finds what lies beside it where it did before it was bundled. */
function keepAddresses(): Plugin {
  return {
    name: 'addresses',
    transform: (code, id) => {
      if (!id.startsWith(DIST) || !code.includes('import.meta.url')) return undefined
      const address = `new URL('${relative(OUT, id)}', import.meta.url).href`
      return code.replaceAll('import.meta.url', address)
    },
  }
}

/** What the packages whose code is in these modules ask of whoever hands on a copy. */
function licenses(modules: readonly string[]): string {
  const folders = modules.flatMap((path) => {
    const [folder] = /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(path) ?? []
    return folder === undefined ? [] : [folder]
  })
  const texts = [...new Set(folders)].sort().map(licenseOf)
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}

function licenseOf(folder: string): string {
  const { name, version, license } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as { name: string; version: string; license: string }
  const files = readdirSync(folder)
  const find = (name: RegExp) => files.find((file) => name.test(file))
  // Some say it in their README alone.
  const file = find(/^licen[cs]e/i) ?? find(/^readme/i)
  if (file === undefined) throw new Error(`${name} does not say what its license asks.`)
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
}
