// The commands of an operator: hash and serve, their faults, their keys and their end.

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runToEnd, start } from '../door/cli.ts'
import { ROOT } from '../door/page.ts'
import { freePort } from '../door/server.ts'

const KEY = 'a-master-key-of-thirty-two-characters'
const OTHER_KEY = 'another-master-key-of-thirty-two-chars'
const SECRET = 'a-client-secret-of-more-than-thirty-two-characters'

let cwd: string
let port: number
let issuer: string
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'patois-serve-'))
  port = await freePort()
  issuer = `http://127.0.0.1:${port}`
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

/** Writes a configuration file; answers the arguments that serve it. */
const configured = (name: string, text: string): string[] => {
  writeFileSync(join(cwd, name), text)
  return ['serve', '--config', name]
}

const hash = async (input: string, ...more: string[]) => runToEnd(['hash', ...more], { cwd, input })

describe('what Node compiled of a command', () => {
  const server = join(ROOT, 'packages/server')

  /** The script where its code is kept elsewhere, so that what is beside it is this test's own. */
  const place = (name: string): { folder: string; script: string } => {
    const folder = join(cwd, name)
    cpSync(join(server, 'bin'), join(folder, 'bin'), { recursive: true })
    symlinkSync(join(server, 'src'), join(folder, 'src'))
    return { folder, script: join(folder, 'bin/patois.mjs') }
  }

  test('is kept beside the code, for nobody else to read or to change', async () => {
    const { folder, script } = place('kept')
    const line = { code: 0, out: expect.stringMatching(/^\d/), err: '' }
    for (let time = 0; time < 2; time++) {
      expect(await runToEnd(['--version'], { cwd, script })).toEqual(line)
    }
    const cache = join(folder, 'node_modules/.cache')
    const [version = ''] = readdirSync(cache)
    const kept = readdirSync(join(cache, version)).map((name) => join(cache, version, name))
    expect(kept.length).toBeGreaterThan(10)
    for (const path of kept) expect(statSync(path).mode & 0o077).toBe(0)
  })

  test('is not kept where it cannot be written, and the command goes on', async () => {
    const { folder, script } = place('closed')
    writeFileSync(join(folder, 'node_modules'), '')
    const line = { code: 0, out: expect.stringMatching(/^\d/), err: '' }
    expect(await runToEnd(['--version'], { cwd, script })).toEqual(line)
  })
})

describe('patois hash', () => {
  test('writes the hash of what is piped in, and nothing else', async () => {
    const password = await hash('a password\n')
    expect(password).toEqual({
      code: 0,
      out: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^\s]+\n$/),
      err: '',
    })
    const secret = await hash('abcdefghijklmnopqrstuvwxyz0123456789', '--secret')
    const digest = '011fc2994e39d251141540f87a69092b3f22a86767f7283de7eeedb3897bedf6'
    expect(secret).toEqual({ code: 0, out: `sha256:${digest}\n`, err: '' })
  })

  test('of a client secret that could be guessed is refused', async () => {
    const err = 'A client secret has at least 32 characters.\n'
    expect(await hash('abc', '--secret')).toEqual({ code: 1, out: '', err })
  })

  test('of nothing is refused', async () => {
    expect(await hash('')).toEqual({ code: 1, out: '', err: 'Nothing was typed.\n' })
  })
})

describe('a command line that is wrong', () => {
  test('is told so in its last lines, and not above a screen of help', async () => {
    for (const name of ['serve', 'dev'])
      expect(await runToEnd([name, '--prot', '9500'], { cwd })).toEqual({
        code: 1,
        out: '',
        err: `error: unknown option '--prot'\n(Did you mean --port?)\npatois ${name} --help lists the flags.\n`,
      })
  })

  test('of npm start says how flags get past npm', async () => {
    const npm = (env: Record<string, string>, ...args: string[]) =>
      runToEnd(['dev', ...args], { cwd, env: { npm_lifecycle_event: 'start', ...env } })
    const sentence =
      'npm keeps what stands before -- for itself. Write: npm start -- --port <value>'
    const kept = { code: 1, out: '', err: `${sentence}\n` }
    expect(await npm({ npm_config_port: '9500' })).toEqual(kept)
    expect(await npm({ npm_config_port: 'true' }, '9500')).toEqual(kept)
    const more = await npm({ npm_config_port: 'true', npm_config_log_level: 'debug' }, '9500')
    expect(more.err).toBe(`${sentence} --log-level <value>\n`)
  })
})

describe('patois serve', () => {
  test('lists every fault of a configuration at once, with its path', async () => {
    const args = configured(
      'faults.yaml',
      `
issuer: http://id.example
colour: red
listen: { port: 99999 }
lifetimes: { code: 3600 }
scopes: { api.read: Read }
clients:
  - client_id: a:b
    client_secret: short
    redirect_uris: ['https://rp.test/#x', 'http://rp.test/cb']
    scope: api.write
  - client_id: web
    client_secret: \${env:NOT_THERE}
    redirect_uri: https://rp.test/cb
users:
  - { username: alice }
`,
    )
    const { code, out, err } = await runToEnd(args, { cwd })
    expect([code, out]).toEqual([1, ''])
    expect(err.trimEnd().split('\n')).toEqual([
      'The configuration has 14 faults:',
      '  clients[1].client_secret: the environment has no variable NOT_THERE',
      '  colour: is not a known key',
      '  issuer: must be https, or http on loopback',
      '  listen.port: must be a port from 0 to 65535',
      '  lifetimes.code: must be from 1 to 600 seconds',
      '  clients[0].client_id: must have no colon: HTTP Basic splits at the first one',
      '  clients[0].client_secret: must have at least 32 characters outside dev mode',
      '  clients[0].redirect_uris[0]: has a fragment',
      '  clients[0].redirect_uris[1]: uses http beyond loopback',
      '  clients[0].scope: names api.write, which is not in scopes',
      '  clients[1].redirect_uri: is not a known key',
      '  clients[1].redirect_uris: needs at least one entry for the grant type authorization_code',
      '  users[0]: needs password_hash or password',
      '  PATOIS_MASTER_KEY is needed: make one with `openssl rand -base64 32` and keep it',
    ])
  })

  test('without a master key says so in one sentence', async () => {
    const args = configured('no-key.yaml', `issuer: ${issuer}\n`)
    const { code, out, err } = await runToEnd(args, { cwd })
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe(
      'The configuration has one fault:\n  PATOIS_MASTER_KEY is needed: make one with `openssl rand -base64 32` and keep it\n',
    )
  })

  test('answers with a good configuration, and stops when it is told to', async () => {
    const [password, secret] = await Promise.all([hash('a password'), hash(SECRET, '--secret')])
    const args = configured(
      'good.yaml',
      `
issuer: ${issuer}
listen: { port: ${port} }
database: sqlite:good.db
clients:
  - client_id: web
    client_secret_hash: ${secret.out.trim()}
    grant_types: [client_credentials, password]
    scope: openid api.read
scopes: { api.read: Read your data }
users:
  - { username: alice, password_hash: ${JSON.stringify(password.out.trim())} }
`,
    )
    const running = start(args, { cwd, env: { PATOIS_MASTER_KEY: KEY } })
    await running.until(`Patois answers at ${issuer} (listening on 127.0.0.1:${port})\n`)
    const ask = async (fields: Record<string, string>) => {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`web:${SECRET}`)}` },
        body: new URLSearchParams(fields),
      })
      return (await response.json()) as Record<string, unknown>
    }
    expect(await ask({ grant_type: 'client_credentials' })).toMatchObject({ scope: 'api.read' })
    const user = { grant_type: 'password', username: 'alice', password: 'a password' }
    expect(await ask(user)).toMatchObject({
      scope: 'openid api.read',
      id_token: expect.any(String),
    })
    const { status } = await fetch(`${issuer}/dev/callback`)
    expect(status).toBe(404)
    const began = performance.now()
    const ended = await running.stop('SIGTERM')
    expect([ended.code, ended.err]).toEqual([0, ''])
    expect(performance.now() - began).toBeLessThan(5_000)
    await expect(fetch(issuer)).rejects.toThrow('fetch failed')
    expect(ended.out).not.toContain(SECRET)
    expect(ended.out).not.toContain('a password')
  })

  test('warns of an issuer whose port is not the one that it listens on', async () => {
    const listening = async (text: string): Promise<string> => {
      const args = configured('port.yaml', `${text}\ndatabase: 'sqlite::memory:'\n`)
      const running = start([...args, '--port', String(port)], {
        cwd,
        env: { PATOIS_MASTER_KEY: KEY },
      })
      await running.until('Patois answers at ')
      return (await running.stop()).out
    }
    const warning = 'nobody listens at the port of the issuer'
    expect(await listening('issuer: http://127.0.0.1:1')).toContain(warning)
    for (const right of [issuer, 'https://id.example'])
      expect(await listening(`issuer: ${right}`)).not.toContain(warning)
  })

  test('refuses another master key, and takes a new one beside the old one', async () => {
    const args = configured(
      'keys.yaml',
      `issuer: ${issuer}\nlisten: { port: ${port} }\ndatabase: sqlite:keys.db\n`,
    )
    const open = async (key: string) => {
      const running = start(args, { cwd, env: { PATOIS_MASTER_KEY: key } })
      await running.until('Patois answers at ')
      const keys: unknown = await (await fetch(`${issuer}/jwks`)).json()
      expect((await running.stop()).code).toBe(0)
      return keys
    }
    const keys = await open(KEY)
    const wrong = await runToEnd(args, { cwd, env: { PATOIS_MASTER_KEY: OTHER_KEY } })
    expect([wrong.code, wrong.out]).toEqual([1, ''])
    expect(wrong.err).toMatch(/^The master key does not open the keys in the database: [^\n]+\.\n$/)
    const both = await open(`${OTHER_KEY},${KEY}`)
    const after = await open(OTHER_KEY)
    expect({ keys: both }).toMatchObject({ keys })
    expect(after).toEqual(both)
  })

  test('a database that cannot be opened is named, with the reason', async () => {
    writeFileSync(join(cwd, 'notes.txt'), 'Some notes of somebody.\n'.repeat(50))
    mkdirSync(join(cwd, 'folder'))
    const args = configured('place.yaml', `issuer: ${issuer}\nlisten: { port: ${port} }\n`)
    for (const [path, reason] of [
      ['notes.txt', 'it is another kind of file'],
      ['folder', 'it is a folder'],
      ['notes.txt/patois.db', 'what should be its folder is a file'],
    ]) {
      const env = { PATOIS_MASTER_KEY: KEY, PATOIS_DATABASE: `sqlite:${path}` }
      expect(await runToEnd(args, { cwd, env })).toEqual({
        code: 1,
        out: '',
        err: `The database ${path} cannot be opened: ${reason}.\n`,
      })
    }
  })

  test('a database that was made outside dev mode is refused inside it', async () => {
    const args = configured(
      'mode.yaml',
      `issuer: ${issuer}\nlisten: { port: ${port} }\ndatabase: sqlite:mode.db\n`,
    )
    const running = start(args, { cwd, env: { PATOIS_MASTER_KEY: KEY } })
    await running.until('Patois answers at ')
    await running.stop()
    const refused = await runToEnd(['dev', '--config', 'mode.yaml'], { cwd })
    expect([refused.code, refused.out]).toEqual([1, ''])
    expect(refused.err).toBe(
      'The database mode.db was made outside dev mode, but this server runs in dev mode: run it outside dev mode, or use another database.\n',
    )
    // Nothing of dev mode was put beside it.
    const left = readdirSync(cwd).filter((name) => name.startsWith('mode.db.'))
    expect(left).toEqual(['mode.db.lock'])
  })
})
