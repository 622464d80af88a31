// The packages as npm packs them, and an installation of them with nothing of the repository beside it.

import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './page.ts'

const run = promisify(execFile)

/** What a package holds, and where its archive is. */
export type Packed = { tarball: string; paths: string[] }

/** Builds what is not built yet. */
export const build = async (): Promise<void> => {
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  await run(tsc, ['-b', 'packages/client', 'packages/server'], { cwd: ROOT })
  await run(process.execPath, ['packages/server/build.ts'], { cwd: ROOT })
}

/** Packs the package of a folder of the repository into another folder. */
export const pack = async (folder: string, into: string): Promise<Packed> => {
  const line = ['pack', '--json', '--ignore-scripts', '--pack-destination', into]
  const { stdout } = await run('npm', line, { cwd: join(ROOT, folder) })
  type Said = { filename: string; files: { path: string }[] }
  const [said] = Object.values(JSON.parse(stdout) as Record<string, Said>)
  if (!said) throw new Error(`nothing was packed: ${stdout}`)
  return { tarball: join(into, said.filename), paths: said.files.map(({ path }) => path) }
}

/** Installs packages into a folder as npm would; what they depend on is that of the repository. */
export const installPacked = async (into: string, folders: readonly string[]): Promise<void> => {
  const manifests = folders.map((folder) => ({ folder, ...manifestOf(folder) }))
  const own = manifests.map(({ name }) => name)
  for (const { folder, name, dependencies = {} } of manifests) {
    const place = join(into, 'node_modules', name)
    mkdirSync(place, { recursive: true })
    const { tarball } = await pack(folder, into)
    await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', place])
    for (const one of Object.keys(dependencies)) {
      if (!own.includes(one)) link(join(ROOT, 'node_modules', one), join(into, 'node_modules', one))
    }
  }
}

type Manifest = { name: string; dependencies?: Record<string, string> }

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest

const link = (target: string, path: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}
