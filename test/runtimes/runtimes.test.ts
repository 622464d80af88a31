// The built client in every runtime that it is for, and the built server on every Node.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, walkFrom } from '../door/browser.ts'
import { bundle } from '../door/bundle.ts'
import { startChromium } from '../door/chromium.ts'
import { paste, start } from '../door/cli.ts'
import { RESOURCE, RU } from '../door/fixtures.ts'
import { build, installPacked } from '../door/packed.ts'
import { ROOT } from '../door/page.ts'
import { bringRuntimes, PROGRAMS, runModule, runWorker } from '../door/runtimes.ts'
import { freePort, startServer, type TestServer } from '../door/server.ts'
import type { Scene } from './story.ts'

const SECRET = 'a secret of more than thirty-two characters'
const LIFE = 120

/** Why there are no other runtimes; undefined when there are. */
let without: string | undefined
let home: string
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'patois-runtimes-'))
  without = await bringRuntimes()
  await build()
}, 600_000)
afterAll(() => rmSync(home, { recursive: true }))

describe('the client', () => {
  let server: TestServer
  let scene: Scene
  let story: string

  // Signs alice in wherever a story sends her, and shows a page for scripts of this origin.
  const people = createServer(async ({ url = '' }, response) => {
    const to = new URL(url, 'http://127.0.0.1').searchParams.get('url')
    const type = to ? 'text/plain' : 'text/html'
    const text = to
      ? (await walkFrom(server, openBrowser(), to)).location
      : `<!doctype html><title>App</title><script type="module">${story}</script>`
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` })
    response.end(text)
  })

  beforeAll(async () => {
    await new Promise<void>((resolve) => people.listen(0, '127.0.0.1', resolve))
    const person = `http://127.0.0.1:${(people.address() as AddressInfo).port}`
    const client = {
      client_id: 'app',
      client_secret: SECRET,
      redirect_uris: [RU],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scope: 'offline_access api.read',
      consent: 'implicit',
      dialects: ['standard', 'apimatic'],
      origins: [person],
    }
    server = await startServer({
      configuration: {
        dialects: ['standard', 'apimatic'],
        lifetimes: { access_token: LIFE },
        resources: [{ resource: RESOURCE, access_token: 'jwt' }],
        clients: [client],
      },
    })
    scene = {
      issuer: server.issuer,
      jwksUri: server.url('/jwks'),
      clientId: 'app',
      clientSecret: SECRET,
      redirectUri: RU,
      resource: RESOURCE,
      person,
      now: server.clock.now(),
      life: LIFE,
    }
    const { code } = await bundle(
      `import { tell } from '${ROOT}test/runtimes/story.ts'
      globalThis.tell = tell`,
      { of: 'built' },
    )
    story = code
  })
  afterAll(async () => {
    await new Promise((resolve) => people.close(resolve))
    await server.close()
  })

  const write = (name: string, ending: string): string => {
    const file = join(home, name)
    writeFileSync(file, `${story}\n${ending.replace('SCENE', JSON.stringify(scene))}\n`)
    return file
  }

  /** The same everywhere, and ten callers cost one refresh. */
  const checkTold = async (told: () => Promise<unknown>): Promise<void> => {
    const before = server.answers.length
    expect(await told()).toEqual({
      credentials: [['api.read'], ['api.read']],
      signedIn: ['offline_access', 'api.read'],
      isRotated: true,
      different: 2,
      refused: [true, 'invalid_scope', 400, 'configuration'],
      access: ['app', ['api.read']],
      denied: 401,
    })
    const asked = server.answers.slice(before).filter(({ method }) => method === 'POST')
    const tokens = asked.filter(({ path }) => path.endsWith('token'))
    expect(tokens.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 400, 200])
  }

  const node = { 'this Node': process.execPath }
  const { workerd: _, ...others } = PROGRAMS
  for (const [name, program] of Object.entries({ ...node, ...others })) {
    test(`does all of it on ${name}`, async ({ skip }) => {
      if (without && program !== process.execPath) skip(without)
      const file = write('story.mjs', 'console.log(JSON.stringify(await tell(SCENE)))')
      await checkTold(() => runModule(program, file, home))
    })
  }

  test('does all of it on workerd', async ({ skip }) => {
    if (without) skip(without)
    write('worker.mjs', 'export default { fetch: async () => Response.json(await tell(SCENE)) }')
    await checkTold(() => runWorker('worker.mjs', home))
  })

  test('does all of it in Chromium', async () => {
    const browser = await startChromium()
    try {
      const page = await browser.newPage()
      await page.goto(scene.person)
      type Tab = { tell(scene: Scene): Promise<unknown> }
      await checkTold(() => page.evaluate((at) => (globalThis as unknown as Tab).tell(at), scene))
    } finally {
      await browser.close()
    }
  })
})

describe('the server as it is published', () => {
  beforeAll(() => installPacked(home, ['packages/core', 'packages/server']))

  const nodes = {
    'this Node': process.execPath,
    'Node 22': PROGRAMS['Node 22'],
    'Node 24': PROGRAMS['Node 24'],
  }
  for (const [name, program] of Object.entries(nodes)) {
    test(`gives a token on ${name}`, async ({ skip }) => {
      if (without && program !== process.execPath) skip(without)
      const port = await freePort()
      const script = join(home, 'node_modules/patois/bin/patois.mjs')
      const flags = ['--port', String(port), '--database', 'sqlite::memory:']
      const running = start(['dev', ...flags], { cwd: home, program, script })
      try {
        await running.until('Ctrl+C stops the server.')
        const secret = /secret +(\S+)/.exec(running.printed.out)?.[1]
        const ask = `curl -s -u demo:${secret} -d grant_type=client_credentials`
        const answer = await paste(`${ask} http://127.0.0.1:${port}/token`)
        expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 3600 })
      } finally {
        expect(await running.stop()).toMatchObject({ code: 0, err: '' })
      }
    })
  }
})
