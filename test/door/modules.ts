// A page on loopback whose scripts import the sources as they are, less their types.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SOURCES = /^\/packages\/(core|client)\/src\/[\w/-]+\.ts$/

const IMPORTS = {
  '@patois/client': '/packages/client/src/index.ts',
  '@patois/client/stores/web': '/packages/client/src/stores/web.ts',
  '@patois/core/caller': '/packages/core/src/caller.ts',
  '@patois/core/dialects/standard': '/packages/core/src/dialects/standard.ts',
}

/** A page that runs. */
export type ModulePage = { origin: string; close(): Promise<void> }

/** Starts a page with a module; it imports by their names what browsers can use. */
export const startModulePage = async (script: string): Promise<ModulePage> => {
  const html = `<!doctype html><title>Tab</title>
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module">${script}</script>`
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (SOURCES.test(pathname)) {
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' })
      response.end(stripTypeScriptTypes(readFileSync(ROOT + pathname, 'utf8')))
      return
    }
    response.writeHead(pathname === '/' ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' })
    response.end(pathname === '/' ? html : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
