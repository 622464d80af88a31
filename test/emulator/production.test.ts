// What separates dev mode from production: nothing of it is loaded there, and nothing of it is taken.

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { emulate } from 'patois/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../door/browser.ts'
import { start } from '../door/cli.ts'
import { freePort, startServer } from '../door/server.ts'
import { isActive, openFolder } from '../door/tokens.ts'

let folder: ReturnType<typeof openFolder>
beforeAll(() => {
  folder = openFolder()
})
afterAll(() => folder.remove())

const HOOK = `
import { registerHooks } from 'node:module'
registerHooks({ load: (url, context, next) => {
  if (url.startsWith('file:')) process.stderr.write('LOADED ' + url + '\\n')
  return next(url, context)
} })
`

test('a server outside dev mode loads nothing of the emulator, one in dev mode does', async () => {
  const home = join(folder.path, '..')
  const hook = join(home, 'hook.mjs')
  writeFileSync(hook, HOOK)
  const env = {
    NODE_OPTIONS: `--import=${hook}`,
    PATOIS_MASTER_KEY: randomBytes(32).toString('base64url'),
    PATOIS_DATABASE: 'sqlite::memory:',
  }
  const loaded = async (command: string, ready: string) => {
    const port = String(await freePort())
    const issuer = `http://127.0.0.1:${port}`
    const running = start([command, '--port', port, '--issuer', issuer], { cwd: home, env })
    await running.until(ready)
    expect((await fetch(`${issuer}/jwks`)).status).toBe(200)
    const { err } = await running.stop()
    return err.split('\n').filter((line) => /\/(emulator|testing|http\/dev)\//.test(line))
  }
  expect(await loaded('dev', 'Ctrl+C')).toContainEqual(expect.stringContaining('/emulator/'))
  expect(await loaded('serve', 'answers at')).toEqual([])
})

test('tokens and sessions of dev mode are nothing to a server outside it', async () => {
  const p = await emulate({ clients: ['cc'], users: ['alice'], socket: false })
  const { access_token = '' } = await p.tokens()
  const cookie = await p.login()
  await p.close()
  const server = await startServer()
  expect(await isActive(server, access_token)).toBe(false)
  const [, secret = ''] = cookie.split('=')
  const browser = openBrowser()
  await browser.get(server.url('/login'))
  const [name = ''] = [...browser.cookies.keys()]
  browser.cookies.set(name.replace('browser', 'session'), secret)
  const page = await browser.get(server.url('/login'))
  expect(page.text).toContain('name="password"')
  await server.close()
})

test('a signing key of dev mode stops a server outside it, whatever its database says it is', async () => {
  const { database, path } = folder
  const dev = await startServer({ database, dev: true })
  const { port, masterKey } = dev
  await dev.keys.settled()
  await dev.close()
  // Somebody has changed the mark by hand.
  const rows = new DatabaseSync(path)
  rows.exec("UPDATE issuers SET mode = 'production'")
  rows.close()
  await expect(startServer({ database, port, masterKey })).rejects.toThrow(
    /^The signing key dev-[\w-]+ was made in dev mode\.$/,
  )
})
