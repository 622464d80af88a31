// The files for deployment, each as it stands: proxies, the unit, the image and the example's settings.

import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { connect, getCACertificates, type SecureVersion, setDefaultCACertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { METRICS } from '../../packages/server/src/metrics/table.ts'
import { answerOf, authorizeParams, openBrowser, walkFrom } from '../door/browser.ts'
import { selfSigned } from '../door/certificate.ts'
import { runToEnd, type Started, start } from '../door/cli.ts'
import { readLines } from '../door/figures.ts'
import { PASSWORDS } from '../door/fixtures.ts'
import { openPage } from '../door/page.ts'
import { install, serve } from '../door/process.ts'
import { findProgram, type RunningProgram } from '../door/program.ts'
import { startCaddy, startNginx } from '../door/proxy.ts'
import { type Door, freePort } from '../door/server.ts'
import { checkWhole } from '../door/sqlite.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const EXAMPLES = join(ROOT, 'examples/deployment')
const SECRET = 'a-client-secret-of-more-than-thirty-two-characters'
const KEY = 'a-master-key-of-thirty-two-characters'
const NAME = '127.0.0.1'

const read = (name: string): string => readFileSync(join(EXAMPLES, name), 'utf8')

/** A text with every one of these replaced; throws when one of them is not in it. */
const withThese = (text: string, pairs: readonly (readonly [string, string])[]): string =>
  pairs.reduce((now, [from, to]) => {
    if (!now.includes(from)) throw new Error(`there is no ${from} in it`)
    return now.replaceAll(from, to)
  }, text)

let folder: string
let hash: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'patois-deployment-'))
  hash = (await runToEnd(['hash'], { cwd: folder, input: `${PASSWORDS.alice}\n` })).out.trim()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What `/etc/patois/environment` holds. */
const environment = () => ({ PATOIS_MASTER_KEY: KEY, WEB_SECRET: SECRET, ALICE_HASH: hash })

/** Writes the example's configuration for a server in a folder of its own. */
const configure = (issuer: string, at: string): string => {
  mkdirSync(at, { recursive: true })
  const text = withThese(read('patois.yaml'), [
    ['https://id.example', issuer],
    ['/var/lib/patois', at],
  ])
  const file = join(at, 'patois.yaml')
  writeFileSync(file, text)
  return file
}

type Front = { door: Door; port: number; serverPort: number; certificate: string; key: string }

const FRONTS = {
  nginx: async ({ port, serverPort, certificate, key }: Front, plainPort: number) => {
    // Not every machine that tests has an IPv6 loopback.
    const text = read('nginx.conf').replace(/^ *listen \[::\].*\n/gm, '')
    const inside = withThese(text, [
      ['127.0.0.1:9400', `127.0.0.1:${serverPort}`],
      ['listen 80;', `listen 127.0.0.1:${plainPort};`],
      ['listen 443', `listen 127.0.0.1:${port}`],
      ['/etc/letsencrypt/live/id.example/fullchain.pem', certificate],
      ['/etc/letsencrypt/live/id.example/privkey.pem', key],
      ['/var/log/nginx/patois.log', join(folder, 'nginx.log')],
      ['https://id.example$', `https://${NAME}:${port}$`],
      ['id.example', NAME],
    ])
    return startNginx(inside, port)
  },
  caddy: async ({ port, serverPort, certificate, key }: Front) => {
    const text = withThese(read('Caddyfile'), [
      ['127.0.0.1:9400', `127.0.0.1:${serverPort}`],
      [':id.example} {', `:https://${NAME}:${port}} {\n\ttls ${certificate} ${key}`],
    ])
    return startCaddy(`{\n\tadmin off\n\tauto_https disable_redirects\n}\n${text}`, port)
  },
}

// One for both: of two with the same name, whoever verifies may take the wrong one for the issuer.
const OWN = selfSigned(NAME)

for (const [name, open] of Object.entries(FRONTS)) {
  if (!findProgram(name)) {
    test.skip(`behind ${name} — there is no ${name} on this machine`, () => {})
    continue
  }

  describe(`behind ${name}, with the file of the example`, () => {
    let proxy: RunningProgram
    let server: Started
    let door: Door
    let plainPort: number
    let serverPort: number
    beforeAll(async () => {
      const [certificate, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)]
      writeFileSync(certificate, OWN.cert)
      writeFileSync(key, OWN.key)
      setDefaultCACertificates([...getCACertificates('default'), OWN.cert])
      const port = await freePort()
      serverPort = await freePort()
      plainPort = await freePort()
      const origin = `https://${NAME}:${port}`
      door = { origin, url: (path) => origin + path }
      const file = configure(origin, join(folder, name))
      const flags = ['--port', String(serverPort)]
      const options = { cwd: folder, env: environment() }
      server = start(['serve', '--config', file, ...flags], options)
      await server.until('Patois answers at ')
      proxy = await open({ door, port, serverPort, certificate, key }, plainPort)
    })
    afterAll(async () => {
      await proxy?.close()
      await server?.stop()
    })

    /** The network of the latest request that the server has logged. */
    const lastNetwork = (): unknown => {
      const lines = server.printed.out.split('\n').filter((line) => line.includes('"request"'))
      return (JSON.parse(lines.at(-1) ?? '{}') as { network?: string }).network
    }

    /** Calls from another address of this machine, with headers that name a third one. */
    const callFrom = (address: string, forged: Record<string, string>): Promise<number> =>
      new Promise((resolve, reject) => {
        const options = { localAddress: address, headers: forged, agent: false }
        const sent = request(door.url('/userinfo'), options, (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0))
        })
        sent.on('error', reject).end()
      })

    test('a person signs in and the client gets its tokens', async () => {
      const config = await client.discovery(
        new URL(door.origin),
        'web',
        undefined,
        client.ClientSecretBasic(SECRET),
      )
      const verifier = client.randomPKCECodeVerifier()
      // As long as a state may be: it comes back in a header three times as long.
      const state = 'ä'.repeat(2500)
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: 'https://rp.example/cb',
        scope: 'openid profile offline_access api.read',
        state,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      const browser = openBrowser()
      const page = await walkFrom(door, browser, url.href)
      expect(answerOf(page).get('iss')).toBe(door.origin)
      expect([...browser.cookies.keys()].every((cookie) => cookie.startsWith('__Host-'))).toBe(true)
      const checks = { pkceCodeVerifier: verifier, expectedState: state }
      const tokens = await client.authorizationCodeGrant(
        config,
        new URL(page.location ?? ''),
        checks,
      )
      expect(tokens.claims()).toMatchObject({ iss: door.origin, aud: 'web' })
      const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
      const { sub = '' } = tokens.claims() ?? {}
      const person = await client.fetchUserInfo(config, refreshed.access_token, sub)
      expect(person).toMatchObject({ name: 'Alice A' })
    })

    test('the server finds nothing wrong with what the proxy says', async () => {
      expect((await fetch(door.url('/jwks'))).headers.get('strict-transport-security')).toMatch(
        /^max-age=\d+/,
      )
      expect(server.printed.out).not.toMatch(/"level":"(warn|error|fatal)"/)
    })

    test('the doctor finds no fault', async () => {
      const file = join(folder, name, 'patois.yaml')
      const env = { ...environment(), NODE_EXTRA_CA_CERTS: join(folder, `${name}.crt`) }
      const { code, out, err } = await runToEnd(['doctor', '--config', file], { cwd: folder, env })
      expect(err).toBe('')
      const warned = out.split('\n').filter((line) => line.startsWith('warning'))
      // The certificate is for a day.
      expect(warned).toEqual([expect.stringMatching(/^warning {2}certificate /)])
      expect(out).toMatch(/\n0 faults, 1 warning\n$/)
      expect(code).toBe(0)
    })

    test('throttles count the address that the proxy saw, whatever a caller says of itself', async () => {
      const forged = {
        'x-forwarded-for': '203.0.113.9, 198.51.100.7',
        forwarded: 'for=203.0.113.9',
        'x-real-ip': '203.0.113.9',
      }
      expect(await callFrom('127.0.0.2', forged)).toBe(401)
      await expect.poll(lastNetwork).toBe('127.0.0.2')
      expect(await callFrom('127.0.0.3', {})).toBe(401)
      await expect.poll(lastNetwork).toBe('127.0.0.3')
    })

    test('a body that is too long is refused', async () => {
      const body = new URLSearchParams({ x: 'a'.repeat(200_000) })
      const answer = await fetch(door.url('/token'), { method: 'POST', body })
      // An older Caddy has begun to send it on when it finds it too long.
      expect(name === 'caddy' ? [413, 502] : [413]).toContain(answer.status)
    })

    const handshake = (version: SecureVersion): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect({
          host: NAME,
          port: proxy.port,
          minVersion: version,
          maxVersion: version,
          // Else our own side would refuse to speak the old ones.
          ciphers: 'DEFAULT@SECLEVEL=0',
        })
        socket.on('secureConnect', () => {
          resolve(socket.getProtocol() ?? '')
          socket.destroy()
        })
        socket.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? ''))
      })

    test('S12: TLS 1.2 and 1.3 are spoken, older ones refused', async () => {
      expect(await handshake('TLSv1.3')).toBe('TLSv1.3')
      expect(await handshake('TLSv1.2')).toBe('TLSv1.2')
      expect(await handshake('TLSv1.1')).toMatch(/ALERT_PROTOCOL_VERSION/)
      expect(await handshake('TLSv1')).toMatch(/ALERT_PROTOCOL_VERSION/)
    })

    if (name === 'nginx') {
      test('a browser without TLS is led to it, and a client that has sent its secret is not', async () => {
        const plain = `http://${NAME}:${plainPort}`
        const led = await fetch(`${plain}/login?a=b`, { redirect: 'manual' })
        expect([led.status, led.headers.get('location')]).toEqual([301, door.url('/login?a=b')])
        const told = await fetch(`${plain}/token`, { method: 'POST', redirect: 'manual' })
        expect([told.status, told.headers.get('location')]).toEqual([403, null])
        expect(readFileSync(join(folder, 'nginx.log'), 'utf8')).not.toContain('a=b')
      })
    }

    test('a backup that is made while it runs is a whole database', async () => {
      const copy = join(folder, `${name}-backup.db`)
      const page = readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8')
      const [, line = ''] = /^npx patois (backup "\/backup.*)$/m.exec(page) ?? []
      const args = line
        .replace(/"\/backup[^"]*"/, copy)
        .replace('/var/lib/patois/', `${join(folder, name)}/`)
        .split(' ')
      expect(await runToEnd(args, { cwd: folder })).toMatchObject({ code: 0, err: '' })
      const look = new DatabaseSync(copy, { readOnly: true })
      checkWhole(look)
      expect(look.prepare('SELECT count(*) AS n FROM users').get()).toEqual({ n: 1 })
      look.close()
    })
  })
}

describe('the systemd unit', () => {
  const analyze = findProgram('systemd-analyze')
  if (!analyze) {
    test.skip('is right and well closed — there is no systemd-analyze on this machine', () => {})
    return
  }

  test('is right and well closed', async () => {
    const bin = join(ROOT, 'packages/server/bin/patois.mjs')
    const unit = withThese(read('patois.service'), [
      ['/usr/bin/node', process.execPath],
      ['/opt/patois/packages/server/bin/patois.mjs', bin],
    ])
    const file = join(folder, 'patois.service')
    writeFileSync(file, unit)
    const verified = await run(analyze, ['verify', '--man=no', file])
    expect(verified.stderr).not.toContain('patois.service')
    // From 0 (closed) to 100; a unit without any of this has 96.
    const args = ['security', '--offline=true', '--threshold=20', '--no-pager', file]
    await run(analyze, args)
  })
})

describe('the Dockerfile', () => {
  type Step = { stage: string; word: string; rest: string }

  /** Its instructions, each with the stage that it belongs to. */
  const steps = (): Step[] => {
    let stage = ''
    const text = read('Dockerfile').replaceAll('\\\n', ' ')
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return lines.map((line) => {
      const [, word = '', rest = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? []
      if (word === 'FROM') stage = / AS (\w+)$/.exec(rest)?.[1] ?? 'last'
      return { stage, word, rest }
    })
  }

  const of = (stage: string, word: string): string[] =>
    steps().flatMap((step) => (step.stage === stage && step.word === word ? [step.rest] : []))

  /** Links the packages of the lock file that a package needs to run, as npm ci would put them. */
  const linkPackages = (at: string, names: Iterable<string>): void => {
    for (const name of names) {
      const to = join(at, 'node_modules', name)
      mkdirSync(dirname(to), { recursive: true })
      const own = { '@patois/core': 'core', '@patois/client': 'client', patois: 'server' }[name]
      symlinkSync(own ? join(at, 'packages', own) : join(ROOT, 'node_modules', name), to)
    }
  }

  type Locked = { dependencies?: object; optionalDependencies?: object; peerDependencies?: object }

  const needed = (): Set<string> => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, Locked>
    }
    const found = new Set<string>()
    const add = (place: string): void => {
      const { dependencies, optionalDependencies } = packages[place] ?? {}
      for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
        if (found.has(name) || !existsSync(join(ROOT, 'node_modules', name))) continue
        found.add(name)
        add(name === '@patois/core' ? 'packages/core' : `node_modules/${name}`)
      }
    }
    add('packages/server')
    return found
  }

  const installed = (): string[] =>
    readdirSync(join(ROOT, 'node_modules')).flatMap((name) => {
      if (name.startsWith('.') && name !== '.bin') return []
      if (!name.startsWith('@')) return [name]
      return readdirSync(join(ROOT, 'node_modules', name)).map((one) => `${name}/${one}`)
    })

  /** Copies what a stage takes out of the repository, without what the ignore file leaves out. */
  const copyStage = (stage: string, to: string): void => {
    const ignored = /\/(dist|node_modules)(\/|$)/
    for (const line of of(stage, 'COPY')) {
      const words = line.split(' ')
      const target = words.pop() ?? ''
      for (const source of words) {
        const path = join(ROOT, source)
        expect(existsSync(path), source).toBe(true)
        expect(read('Dockerfile.dockerignore').split('\n'), source).toContain(`!${source}`)
        const at = target.endsWith('/') ? join(to, target, source) : join(to, target)
        cpSync(path, at, {
          recursive: true,
          filter: (one) => !ignored.test(one.slice(ROOT.length)),
        })
      }
    }
  }

  test('builds what its last stage starts, with production dependencies alone', async () => {
    const built = join(folder, 'built')
    copyStage('build', built)
    linkPackages(built, installed())
    for (const line of of('build', 'RUN')) {
      if (line.startsWith('npm ci ')) continue
      await run('sh', ['-c', line], { cwd: built })
    }
    const image = join(folder, 'image')
    const copies = of('last', 'COPY')
    expect(copies).toEqual([
      '--from=packages /opt/patois/node_modules ./node_modules',
      '--from=build /opt/patois/packages ./packages',
    ])
    cpSync(join(built, 'packages'), join(image, 'packages'), { recursive: true })
    linkPackages(image, needed())
    expect(existsSync(join(image, 'packages/server/src'))).toBe(false)
    expect(existsSync(join(image, 'packages/client'))).toBe(false)
    await checkStart(image)
  })

  const checkStart = async (image: string): Promise<void> => {
    const port = await freePort()
    const issuer = `http://127.0.0.1:${port}`
    const data = join(folder, 'data')
    const file = configure(issuer, data)
    const env = Object.fromEntries(
      of('last', 'ENV')
        .flatMap((line) => line.split(' '))
        .map((pair) => pair.split('=') as [string, string]),
    )
    const [command = '', ...args] = JSON.parse(of('last', 'CMD')[0] ?? '[]') as string[]
    const own = args.map((arg) => arg.replace('/etc/patois/patois.yaml', file))
    const served = startIn(image, command, own, {
      ...env,
      ...environment(),
      PATOIS_DATABASE: `sqlite:${join(data, 'patois.db')}`,
      PATOIS_PORT: String(port),
    })
    await served.until(`(listening on 0.0.0.0:${port})`)
    // A new database has its last key some seconds later, which is what the start period is for.
    await expect.poll(() => health(port), { timeout: 20_000 }).toBe(0)
    await signIn({ origin: issuer, url: (path) => issuer + path })
    const ended = await served.stop()
    expect([ended.code, ended.err]).toEqual([0, ''])
    expect(await health(port)).toBe(1)
  }

  /** A person's password is checked by what was built, too. */
  const signIn = async (door: Door): Promise<void> => {
    const params = authorizeParams('web', 'c'.repeat(43), { redirect_uri: 'https://rp.example/cb' })
    const url = door.url(`/authorize?${new URLSearchParams(params)}`)
    const page = await walkFrom(door, openBrowser(), url)
    expect(answerOf(page).get('code')).toMatch(/^pc_/)
  }

  const startIn = (cwd: string, command: string, args: string[], env: NodeJS.ProcessEnv) => {
    expect(command).toBe('node')
    const [script = '', ...rest] = args
    return start(rest, { cwd, env, script: join(cwd, script) })
  }

  /** How the health check ends. */
  const health = async (port: number): Promise<unknown> => {
    const [line = ''] = of('last', 'HEALTHCHECK')
    const words = JSON.parse(line.slice(line.indexOf('CMD ') + 4)) as string[]
    const [command = '', ...args] = words.map((word) => word.replace(':9400', `:${port}`))
    return run(command, args).then(
      () => 0,
      ({ code }: { code: unknown }) => code,
    )
  }

  test('runs as nobody in particular, and holds no secret', () => {
    const last = steps().filter(({ stage }) => stage === 'last')
    const words = last.map(({ word }) => word)
    expect(of('last', 'USER')).toEqual(['node'])
    expect(words.indexOf('USER')).toBeLessThan(words.indexOf('CMD'))
    expect(of('last', 'VOLUME')).toEqual(['/var/lib/patois'])
    for (const name of ['PATOIS_MASTER_KEY', 'SECRET', 'PASSWORD']) {
      for (const line of of('last', 'ENV')) expect(line).not.toContain(name)
    }
  })
})

test('the compose file starts the image behind the same Caddyfile', () => {
  const { services } = parse(read('compose.yaml')) as {
    services: Record<string, Record<string, unknown>>
  }
  const { patois = {}, caddy = {} } = services
  const build = patois.build as { context: string; dockerfile: string }
  expect(existsSync(join(EXAMPLES, build.context, build.dockerfile))).toBe(true)
  expect(caddy.volumes).toContain('./Caddyfile:/etc/caddy/Caddyfile:ro')
  const { PATOIS_TRUSTED_PROXIES } = patois.environment as Record<string, string>
  expect(caddy.networks).toEqual({ inside: { ipv4_address: PATOIS_TRUSTED_PROXIES } })
  for (const name of Object.keys(caddy.environment as object)) {
    expect(read('Caddyfile')).toContain(`{$${name}:`)
  }
})

test('the page about deployment names every file, and none that is not there', () => {
  const page = readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8')
  const links = [...page.matchAll(/\]\(((?!http)[^)#]+)/g)].map(([, path = '']) => path)
  for (const path of links) expect(existsSync(join(ROOT, 'docs', path)), path).toBe(true)
  for (const name of readdirSync(EXAMPLES)) expect(page, name).toContain(name)
})

test('the secrets of the page are for the owner only, and are never made a second time', async () => {
  const [block = ''] = openPage('docs/deployment.md').code('sh')
  const etc = join(folder, 'etc')
  const text = withThese(block, [['/etc/patois', etc]])
  const PATH = `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`
  const makeSecrets = () =>
    run('bash', ['-c', `echo a-password | { ${text} }`], {
      cwd: ROOT,
      env: { ...process.env, PATH },
    })
  await makeSecrets()
  const file = join(etc, 'environment')
  const made = readFileSync(file, 'utf8')
  expect(made).toMatch(
    /^PATOIS_MASTER_KEY=\S{44}\nWEB_SECRET=\S{44}\nALICE_HASH='\$argon2id\$\S+'\n$/,
  )
  expect(statSync(file).mode & 0o777).toBe(0o600)
  await expect(makeSecrets()).rejects.toThrow('cannot overwrite existing file')
  expect(readFileSync(file, 'utf8')).toBe(made)
})

/** The metrics that an expression asks for, without what it does with them. */
const askedIn = (expr: string): string[] => {
  const bare = expr.replaceAll(/\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)/g, '')
  const words = [...bare.matchAll(/\b[a-z]\w*(?!\w|\s*\()/g)].map(([word]) => word)
  return words.filter((word) => !['and', 'or', 'unless'].includes(word))
}

test('every rule of alerts.yaml asks for metrics that there are', async () => {
  const { groups } = parse(read('alerts.yaml')) as { groups: { rules: { expr: string }[] }[] }
  const rules = groups.flatMap((group) => group.rules.map(({ expr }) => expr))
  expect(rules.length).toBeGreaterThan(5)
  const at = await freePort()
  const own = mkdtempSync(join(folder, 'alerts-'))
  const place = await install(own, { metrics: { listen: `127.0.0.1:${at}` } })
  const served = serve(place)
  await served.ready
  await fetch(place.url('/token'), { method: 'POST' })
  const scraped = readLines(await (await fetch(`http://127.0.0.1:${at}/metrics`)).text())
  await served.stop()
  // Prometheus itself says whether it could read.
  const names = new Set([...scraped.map(({ name }) => name), 'up'])
  for (const rule of rules) {
    expect(askedIn(rule)).not.toEqual([])
    for (const name of askedIn(rule)) expect(names, rule).toContain(name)
  }
  const labels = new Map<string, readonly string[]>(METRICS.map((one) => [one.name, one.labels]))
  for (const rule of rules) {
    for (const [, name = '', asked = ''] of rule.matchAll(/(patois_\w+)\{([^}]*)\}/g)) {
      for (const [label] of asked.matchAll(/\w+(?==)/g)) expect(labels.get(name)).toContain(label)
    }
  }
})
