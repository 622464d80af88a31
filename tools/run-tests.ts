// Runs files of tests that go through the door, and reads what became of each test.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A test as the run reports it; `groups` are the titles around it, from the outermost on. */
export type Ran = { file: string; groups: readonly string[]; title: string; status: string }

/** A whole run. */
export type Told = { success: boolean; tests: Ran[] }

type Json = {
  success: boolean
  testResults: {
    name: string
    assertionResults: { ancestorTitles: string[]; title: string; status: string }[]
  }[]
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Files of tests below a folder of the repository for which the text holds what is looked for. */
export function filesWith(folder: string, wanted: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => join(folder, path))
    .filter((path) => wanted.test(readFileSync(join(ROOT, path), 'utf8')))
    .sort()
}

/** Runs files, or of their tests those whose titles fit; what vitest prints goes to stderr. */
export function runTests(
  files: readonly string[],
  env: NodeJS.ProcessEnv = {},
  titles?: string,
): Told {
  const folder = mkdtempSync(join(tmpdir(), 'patois-tests-'))
  const file = join(folder, 'told.json')
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const options = ['run', '--project', 'door', '--reporter=default', '--reporter=json']
  if (titles !== undefined) options.push('-t', titles)
  try {
    spawnSync(process.execPath, [vitest, ...options, `--outputFile.json=${file}`, ...files], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', process.stderr, process.stderr],
    })
    return toldIn(JSON.parse(readFileSync(file, 'utf8')) as Json)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function toldIn({ success, testResults }: Json): Told {
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => ({
      file: relative(ROOT, name),
      groups: ancestorTitles,
      title,
      status,
    })),
  )
  return { success, tests }
}
