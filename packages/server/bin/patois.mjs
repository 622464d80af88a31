#!/usr/bin/env node
// The command `patois`: runs the sources where they stand beside it, else the build.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// An older Node must still parse this file and say what it needs, so nothing newer is imported here.
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`patois needs Node 22.18 or newer, and this is Node ${process.versions.node}.`)
  process.exitCode = 1
} else {
  await run()
}

async function run() {
  silenceSqliteWarning()
  const { enableCompileCache, registerHooks } = await import('node:module')
  // What is compiled is kept beside the code, for nobody but whoever could change the code itself;
  // where that cannot be written, nothing is kept. It halves the start of the sources.
  enableCompileCache(fileURLToPath(new URL('../node_modules/.cache', import.meta.url)))
  const source = new URL('../src/cli/main.ts', import.meta.url)
  if (!existsSync(source)) {
    await import('../dist/command/main.js')
    return
  }
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, 'patois-source'] }),
  })
  await import(source.href)
}

/** Node 22 calls node:sqlite experimental on every start; nobody who runs a server can act on it. */
function silenceSqliteWarning() {
  const emitWarning = process.emitWarning
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).startsWith('SQLite is an experimental feature')) {
      emitWarning.call(process, warning, ...rest)
    }
  }
}
