// The doctor: it finds nothing wrong where nothing is, and each fault where one is, beside the server.

import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Configuration, knownDialects, readConfiguration } from 'patois'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { examine } from '../../packages/server/src/cli/doctor/examine.ts'
import type { Finding } from '../../packages/server/src/cli/doctor/finding.ts'
import { selfSigned } from '../door/certificate.ts'
import { runToEnd } from '../door/cli.ts'
import { startPostgres, type TestPostgres, whyNoPostgres } from '../door/postgres.ts'
import { install, serve } from '../door/process.ts'
import { type Publisher, startPublisher } from '../door/publisher.ts'
import { freePort, type ServerOptions, startServer, type TestServer } from '../door/server.ts'

const KEY = 'a-master-key-of-thirty-two-characters'
const OTHER_KEY = 'another-master-key-of-thirty-two-chars'
const CALLER = '198.51.100.7'

let folder: string
let proxy: Publisher
let server: TestServer | undefined
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'patois-doctor-'))
  proxy = await startPublisher()
})
afterEach(async () => {
  await proxy.close()
  await server?.close()
  server = undefined
  rmSync(folder, { recursive: true })
})

const issuer = (): string => `http://127.0.0.1:${proxy.port}`
const database = (): string => `sqlite:${join(folder, 'patois.db')}`

/** The configuration as the doctor reads it. */
const configured = async (more: Record<string, unknown> = {}): Promise<Configuration> => {
  const tree = { issuer: issuer(), database: database(), ...more }
  const parts = { text: JSON.stringify(tree), env: {}, dev: false }
  const read = readConfiguration({ ...parts, dialects: await knownDialects(parts) })
  if (!read.ok) throw new Error(read.faults.join('\n'))
  return read.configuration
}

const TRUSTED = { trusted_proxies: ['127.0.0.1'] }

/** What a proxy does to a request before it hands it on, and to the answer after. */
type Change = {
  asked?: (headers: Record<string, string | string[] | undefined>) => void
  answered?: (headers: Record<string, string | string[] | undefined>) => void
}

/** Lets the proxy lead to the server, and change what passes. */
const lead = (to: TestServer, { asked, answered }: Change = {}): void => {
  proxy.publish = (from: IncomingMessage, answer: ServerResponse) => {
    const headers: Record<string, string | string[] | undefined> = { ...from.headers }
    headers['x-forwarded-for'] = CALLER
    asked?.(headers)
    const { method, url: path } = from
    const known = Object.fromEntries(Object.entries(headers).filter(([, value]) => value))
    const options = { port: to.port, method, path, headers: known, agent: false }
    const sent = request({ host: '127.0.0.1', ...options } as object, (got) => {
      const heard: Record<string, string | string[] | undefined> = { ...got.headers }
      answered?.(heard)
      const left = Object.fromEntries(Object.entries(heard).filter(([, value]) => value))
      answer.writeHead(got.statusCode ?? 500, left as Record<string, string>)
      got.pipe(answer)
    })
    from.pipe(sent)
  }
}

/** Starts a server behind the proxy. */
const start = async (change: Change = {}, options: ServerOptions = {}): Promise<TestServer> => {
  const configuration = { ...TRUSTED, ...options.configuration }
  const place = { issuer: issuer(), database: database(), masterKey: KEY }
  server = await startServer({ ...place, ...options, configuration })
  await server.keys.ready('RS256')
  lead(server, change)
  return server
}

const look = async (
  more: Record<string, unknown> = TRUSTED,
  masterKeys: readonly string[] = [KEY],
): Promise<Finding[]> =>
  examine({ file: undefined, configuration: await configured(more), masterKeys })

/** All that is not as it should be. */
const wrongIn = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ state }) => state !== 'good')

/** Expects this one thing to be wrong, and nothing else. */
const expectOnly = (
  findings: readonly Finding[],
  about: string,
  says: RegExp,
  state: Finding['state'] = 'fault',
): void => {
  const wrong = wrongIn(findings)
  expect(wrong).toEqual([
    expect.objectContaining({ about, state, says: expect.stringMatching(says) }),
  ])
  expect(wrong[0]?.fix).toMatch(/\w/)
}

test('a sound deployment behind a proxy has no fault, and the server goes on', async () => {
  const at = await start()
  const before = at.log.length
  const findings = await look()
  expect(wrongIn(findings)).toEqual([])
  const seen = findings.map(({ about }) => about)
  for (const about of ['database', 'master key', 'signing keys', 'issuer', 'clock', 'proxy']) {
    expect(seen).toContain(about)
  }
  expect(seen).toContain('cookies')
  expect(at.log.slice(before).join('\n')).not.toMatch(/"level":"(warn|error)"/)
})

test('what the doctor forges is no proxy that the log warns of', async () => {
  server = await startServer({ database: database(), masterKey: KEY })
  await server.keys.ready('RS256')
  const before = server.log.length
  const findings = await look({ issuer: server.issuer })
  expect(findings).toContainEqual(expect.objectContaining({ about: 'proxy', state: 'good' }))
  expect(server.log.slice(before).join('\n')).not.toContain('trusted_proxies')
})

describe('what answers at the issuer', () => {
  test('nobody', async () => {
    await start()
    const port = await freePort()
    const findings = await look({ ...TRUSTED, issuer: `http://127.0.0.1:${port}` })
    const says = /nobody listens there/
    expect(wrongIn(findings)).toContainEqual(
      expect.objectContaining({ about: 'issuer', says: expect.stringMatching(says) }),
    )
  })

  const says = (status: number, headers: Record<string, string>, body = '') => {
    proxy.publish = (_, answer) => void answer.writeHead(status, headers).end(body)
  }

  test('a proxy with nobody behind it', async () => {
    await start()
    says(502, {})
    expectOnly(await look(), 'issuer', /a proxy answers 502, and no server behind it/)
  })

  test('another server', async () => {
    await start()
    says(404, {}, 'not here')
    expectOnly(await look(), 'issuer', /answers 404, which is not this server/)
  })

  test('a redirect', async () => {
    await start()
    says(301, { location: 'https://www.id.example/' })
    expectOnly(await look(), 'issuer', /leads on to https:\/\/www\.id\.example/)
  })

  test('this server, which is not ready', async () => {
    await start()
    says(503, { 'x-request-id': '1' }, 'stopping\n')
    expectOnly(await look(), 'issuer', /not ready: stopping/)
  })

  test('a server with another issuer', async () => {
    const at = await start()
    lead(at)
    const { publish } = proxy
    proxy.publish = (from, answer) => {
      if (!from.url?.endsWith('openid-configuration')) return publish(from, answer)
      answer.end(JSON.stringify({ issuer: 'https://other.example' }))
    }
    expectOnly(await look(), 'metadata', /names https:\/\/other\.example/)
  })

  test('a server with another database', async () => {
    await start({}, { database: 'sqlite::memory:' })
    const own = await startServer({ issuer: issuer(), database: database(), masterKey: KEY })
    await own.close()
    expectOnly(await look(), 'keys', /publishes none of the keys of this database/)
  })

  test('one whose time is another', async () => {
    await start({
      answered: (headers) => {
        headers.date = new Date(Date.now() - 90_000).toUTCString()
      },
    })
    expectOnly(await look(), 'clock', /the issuer is (89|90|91) s behind/)
  })
})

describe('what a proxy does', () => {
  test('takes the flags of cookies away', async () => {
    await start({
      answered: (headers) => {
        const cookies = headers['set-cookie'] as string[] | undefined
        headers['set-cookie'] = cookies?.map((one) => one.replace('; HttpOnly', ''))
      },
    })
    const findings = await look()
    expectOnly(findings, 'cookies', /arrives as "patois-browser-\w+=…; Path=\/; SameSite=Lax"/)
  })

  test('takes cookies away', async () => {
    await start({ answered: (headers) => void delete headers['set-cookie'] })
    expectOnly(await look(), 'cookies', /sets none/)
  })

  test('lets pages be cached', async () => {
    await start({ answered: (headers) => void delete headers['cache-control'] })
    expectOnly(await look(), 'cache', /without cache-control: no-store/)
  })

  test('refuses what is long', async () => {
    await start()
    const { publish } = proxy
    proxy.publish = (from, answer) =>
      (from.url ?? '').length > 8000 ? void answer.writeHead(414).end() : publish(from, answer)
    expectOnly(await look(), 'long requests', /answers 414 to a request with a state of 8 KiB/)
  })

  test('keeps Authorization to itself', async () => {
    await start({ asked: (headers) => void delete headers.authorization })
    expectOnly(await look(), 'proxy', /the server does not know the doctor/)
  })

  test('forwards and is not trusted', async () => {
    await start({}, { configuration: { trusted_proxies: [] } })
    const findings = await look({})
    expectOnly(findings, 'proxy', /127\.0\.0\.1 forwards requests and is not in trusted_proxies/)
  })

  test('does not say who calls', async () => {
    await start({ asked: (headers) => void delete headers['x-forwarded-for'] })
    expectOnly(await look(), 'proxy', /127\.0\.0\.1 does not say who calls/)
  })

  test('puts the caller in front of what callers say', async () => {
    await start({
      asked: (headers) => {
        headers['x-forwarded-for'] = `${CALLER}, 203.0.113.77`
      },
    })
    expectOnly(await look(), 'proxy', /callers can say who they are/)
  })

  test('stands where the doctor does', async () => {
    await start({
      asked: (headers) => {
        headers['x-forwarded-for'] = '203.0.113.77, 127.0.0.1'
      },
    })
    expectOnly(await look(), 'proxy', /from here cannot be told/, 'warning')
  })

  test('was called by another address', async () => {
    await start({
      asked: (headers) => {
        headers['x-forwarded-host'] = 'www.id.example'
        headers['x-forwarded-proto'] = 'https'
      },
    })
    expectOnly(await look(), 'proxy', /called at https:\/\/www\.id\.example/)
  })

  test('is anybody', async () => {
    await start()
    const findings = await look({ trusted_proxies: ['0.0.0.0/0'] })
    expectOnly(findings, 'proxy', /names everybody \(0\.0\.0\.0\/0\)/)
  })

  test('is not there, and is trusted', async () => {
    const at = await start({
      asked: (headers) => {
        headers['x-forwarded-for'] = '203.0.113.77'
      },
    })
    expect(at.port).toBeGreaterThan(0)
    expectOnly(await look(), 'proxy', /there is none, and 127\.0\.0\.1 is trusted/, 'warning')
  })
})

describe('the keys', () => {
  test('that the master key does not open', async () => {
    await start()
    const findings = wrongIn(await look(TRUSTED, [OTHER_KEY]))
    expect(findings.map(({ about }) => about)).toEqual(['master key', 'proxy'])
    expect(findings[0]?.says).toMatch(/does not open 6 of 6 keys/)
  })

  test('that are still sealed with the old master key', async () => {
    await start()
    const findings = wrongIn(await look(TRUSTED, [OTHER_KEY, KEY]))
    expect(findings[0]).toMatchObject({ about: 'master key', state: 'warning' })
    expect(findings[0]?.says).toMatch(/still sealed with the old one/)
  })

  test('whose old master key nobody needs', async () => {
    await start()
    expectOnly(await look(TRUSTED, [KEY, OTHER_KEY]), 'master key', /nothing needs it/, 'warning')
  })

  test('that were to change long ago', async () => {
    const old = Math.floor(Date.now() / 1000) - 100 * 86_400
    const at = await start({ answered: (headers) => void delete headers.date }, { now: old })
    expect(at.clock.now()).toBe(old)
    const findings = wrongIn(await look()).filter(({ about }) => about === 'signing keys')
    expect(findings.length).toBe(3)
    expect(findings[0]?.says).toMatch(/key is 100 days old and was to change 10 days ago/)
  })
})

describe('the files', () => {
  test('of the database, which others may open', async () => {
    await start()
    chmodSync(join(folder, 'patois.db'), 0o644)
    expectOnly(await look(), 'database file', /can be opened by other users/)
  })

  test('of a configuration that holds a secret and that others may read', async () => {
    await start()
    const file = join(folder, 'patois.yaml')
    const client = '  - client_id: web\n    client_secret: a-secret-of-more-than-32-characters-1\n'
    writeFileSync(file, `clients:\n${client}`, { mode: 0o644 })
    const patient = { file, configuration: await configured(TRUSTED), masterKeys: [KEY] }
    expectOnly(await examine(patient), 'configuration file', /holds a client_secret/)
    chmodSync(file, 0o600)
    expect(wrongIn(await examine(patient))).toEqual([])
    writeFileSync(file, `clients:\n${client.replace(/a-secret.*/, `\${env:WEB_SECRET}`)}`)
    chmodSync(file, 0o644)
    expect(wrongIn(await examine(patient))).toEqual([])
  })
})

test('metrics that others may read are a warning', async () => {
  await start()
  const open = { ...TRUSTED, metrics: { listen: '0.0.0.0:9464' } }
  expectOnly(await look(open), 'metrics', /answered on 0\.0\.0\.0:9464/, 'warning')
  const closed = { ...TRUSTED, metrics: { listen: '127.0.0.1:9464' } }
  expect(wrongIn(await look(closed))).toEqual([])
})

describe('the database', () => {
  test('is empty: nothing is made', async () => {
    const says = wrongIn(await look())
    expect(says[0]).toMatchObject({ about: 'database', state: 'warning' })
    expect(says[0]?.says).toMatch(/is empty/)
    expect(existsSync(join(folder, 'patois.db'))).toBe(false)
  })

  test('belongs to another issuer', async () => {
    await start()
    const other = 'http://127.0.0.1:1'
    const findings = wrongIn(await look({ ...TRUSTED, issuer: other }))
    const says = `it belongs to the issuer ${issuer()}, and the configuration says ${other}`
    expect(findings[0]).toMatchObject({ about: 'database', says })
  })

  test('was made in dev mode', async () => {
    await start({}, { dev: true })
    const [first] = wrongIn(await look())
    expect(first?.says).toMatch(/it was made by patois dev/)
  })

  test('is of a newer version', async () => {
    const at = await start()
    const opened = new DatabaseSync(join(folder, 'patois.db'))
    opened.exec("INSERT INTO migrations (name) VALUES ('999-later')")
    opened.close()
    expect(at.port).toBeGreaterThan(0)
    expectOnly(await look(), 'database', /has the migration "999-later"/)
  })

  test('is no database', async () => {
    writeFileSync(join(folder, 'patois.db'), 'x'.repeat(5000), { mode: 0o600 })
    const [first] = wrongIn(await look())
    expect(first).toMatchObject({ about: 'database', state: 'fault' })
    expect(first?.says).toMatch(/cannot be opened: it is another kind of file/)
  })

  test('does not answer', async () => {
    const url = `postgres://nobody@127.0.0.1:${await freePort()}/none`
    const [first] = wrongIn(await look({ ...TRUSTED, database: url }))
    expect(first?.says).toMatch(
      /^The database 127\.0\.0\.1:\d+\/none does not answer: [^(]*ECONNREFUSED[^(]*$/,
    )
    expect(first?.fix).toMatch(/see that it runs/)
  })

  describe.skipIf(whyNoPostgres())('PostgreSQL', () => {
    let postgres: TestPostgres
    beforeAll(async () => {
      if (!whyNoPostgres()) postgres = await startPostgres()
    })
    afterAll(() => postgres?.close())

    test('may lose what it has acknowledged, and takes too few connections', async () => {
      const url = await postgres.newDatabase()
      await start({}, { database: url })
      // Tests run it without fsync.
      expectOnly(await look({ ...TRUSTED, database: url }), 'PostgreSQL', /fsync is off/)
      const many = await look({ ...TRUSTED, database: `${url}?connections=60`, workers: 2 })
      expect(wrongIn(many).map(({ says }) => says)).toContainEqual(
        'it takes 100 connections, and this server wants up to 120',
      )
    })
  })
})

describe('patois doctor', () => {
  test('prints what it finds beside a server, and says by its code whether a fault is there', async () => {
    const place = await install(folder)
    chmodSync(place.file, 0o600)
    const served = serve(place)
    await served.ready
    const env = { PATOIS_MASTER_KEY: place.masterKey }
    const run = (...more: string[]) =>
      runToEnd(['doctor', '--config', place.file, ...more], { cwd: folder, env })
    const sound = await run()
    expect({ code: sound.code, err: sound.err }).toEqual({ code: 0, err: '' })
    expect(sound.out).toMatch(/^good {5}configuration file {2}\S+ shows nobody a secret\n/)
    expect(sound.out).toMatch(/\n\n0 faults, 0 warnings\n$/)
    expect(await served.stop()).toMatchObject({ code: 0, err: '' })
    const stopped = await run('--json')
    expect(stopped.code).toBe(1)
    const { ok, findings } = JSON.parse(stopped.out) as { ok: boolean; findings: Finding[] }
    expect(ok).toBe(false)
    expectOnly(findings, 'issuer', /nobody listens there/)
    for (const { out } of [sound, stopped]) expect(out).not.toContain(place.masterKey)
  })

  test('lists every fault of a configuration, and what is missing from the environment', async () => {
    const file = join(folder, 'wrong.json')
    writeFileSync(file, JSON.stringify({ issuer: 'ftp://x', prot: 1 }))
    const { code, out } = await runToEnd(['doctor', '--config', file], { cwd: folder })
    expect(code).toBe(1)
    expect(out).toMatch(/fault {4}configuration {2}issuer: /)
    expect(out).toMatch(/fault {4}configuration {2}prot: is not a known key\n/)
    expect(out).toMatch(/fault {4}master key {5}PATOIS_MASTER_KEY is needed/)
    expect(out).toMatch(/\n3 faults, 0 warnings\n$/)
  })

  test('knows what is wrong with TLS', async () => {
    const { cert, key } = selfSigned('localhost')
    const secure = await startPublisher({ tls: { cert, key } })
    const at = `https://localhost:${secure.port}`
    const place = await install(folder, { issuer: at, ...TRUSTED })
    const served = serve(place)
    await served.ready
    const behind = { port: place.port } as TestServer
    lead(behind)
    secure.publish = (from, answer) => proxy.publish(from, answer)
    writeFileSync(join(folder, 'ca.crt'), cert)
    const run = async (env: Record<string, string>, ...more: string[]) => {
      const args = ['doctor', '--config', place.file, '--json', ...more]
      const own = { PATOIS_MASTER_KEY: place.masterKey, ...env }
      const { out } = await runToEnd(args, { cwd: folder, env: own })
      return (JSON.parse(out) as { findings: Finding[] }).findings
    }
    const stranger = await run({})
    expect(wrongIn(stranger).map(({ says }) => says)).toContainEqual(
      `${at}/readyz: its certificate is signed by nobody else`,
    )
    const known = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.crt') }
    const trusting = await run(known)
    const issues = wrongIn(trusting).filter(({ about }) => about !== 'configuration file')
    expect(issues.filter(({ about }) => about !== 'certificate')).toEqual([])
    expect(trusting.map(({ about }) => about)).toContain('certificate')
    const byAddress = await run(known, '--issuer', `https://127.0.0.1:${secure.port}`)
    expect(wrongIn(byAddress).map(({ says }) => says)).toContainEqual(
      `https://127.0.0.1:${secure.port}/readyz: its certificate is for another name`,
    )
    const plain = await run(known, '--issuer', `https://localhost:${place.port}`)
    expect(wrongIn(plain).map(({ says }) => says)).toContainEqual(
      `https://localhost:${place.port}/readyz: what answers there speaks no TLS`,
    )
    await served.stop()
    await secure.close()
  })
})
