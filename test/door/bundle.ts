// Bundles as whoever uses the client builds them: one minified file out of a few lines of code.

import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type Plugin, rolldown } from 'rolldown'

const ENTRY = fileURLToPath(new URL('../../packages/client/entry.ts', import.meta.url))

/** What to bundle: `sources` as they stand in the repository, or what was `built` of them. */
export type BundleOptions = { of?: 'sources' | 'built'; platform?: 'browser' | 'neutral' }

/** A bundle: its text, the modules in it by their paths, and its size in bytes when zipped. */
export type Bundle = { code: string; modules: string[]; zipped: number }

const entry = (code: string): Plugin => ({
  name: 'entry',
  resolveId: (id) => (id === ENTRY ? id : undefined),
  load: (id) => (id === ENTRY ? code : undefined),
})

/** Bundles a few lines of code that import packages of ours; what Node brings along stays outside. */
export const bundle = async (code: string, options: BundleOptions = {}): Promise<Bundle> => {
  const conditionNames = options.of === 'built' ? ['import'] : ['patois-source', 'import']
  const build = await rolldown({
    input: ENTRY,
    platform: options.platform ?? 'browser',
    external: [/^node:/, 'yaml'],
    plugins: [entry(code)],
    resolve: { conditionNames },
  })
  try {
    const { output } = await build.generate({ format: 'esm', minify: true })
    const [chunk, ...more] = output
    if (more.length > 0) throw new Error('a bundle is one file')
    const modules = Object.entries(chunk.modules).filter(([, { code: kept }]) => kept)
    return {
      code: chunk.code,
      modules: modules.map(([path]) => path),
      zipped: gzipSync(chunk.code, { level: 9 }).length,
    }
  } finally {
    await build.close()
  }
}
