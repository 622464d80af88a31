#!/usr/bin/env node
// The command `patois`: runs the sources where they stand beside it, else the build.
import { existsSync } from 'node:fs'

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
  const source = new URL('../src/cli/main.ts', import.meta.url)
  if (!existsSync(source)) {
    await import('../dist/cli/main.js')
    return
  }
  const { registerHooks } = await import('node:module')
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
