// Attacks, group U: what the server fetches itself, and the key sets of group M that are fetched.

import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { assertAt, claimsFor, es256, jws } from '../door/assertion.ts'
import {
  type Answer,
  authorizeParams,
  call,
  getTokens,
  newPkce,
  openBrowser,
} from '../door/browser.ts'
import { selfSigned } from '../door/certificate.ts'
import { CLIENTS } from '../door/fixtures.ts'
import {
  json,
  type Publish,
  type Publisher,
  startCanary,
  startPublisher,
} from '../door/publisher.ts'
import { checkAnswer, checkErrorRedirect, checkLog, lastRequest } from '../door/rules.ts'
import { type ServerOptions, startServer, type TestServer } from '../door/server.ts'

const LOOPBACK = { outbound: { allow: ['127.0.0.1/32'] } }
/** How long a fetch may take here; a server's own limit is longer. */
const WITHIN_MS = 700
const PAUSE = 30

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const JWK = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' }
const JWKS = { keys: [JWK] }

const keyed = (jwks_uri: unknown, client_id = 'far', more: object = {}) => ({
  client_id,
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks_uri,
  scope: 'api.read',
  ...more,
})

/** Starts a server whose clients publish their keys there. */
const startFor = (
  clients: readonly Record<string, unknown>[],
  options: ServerOptions = {},
  configuration: Record<string, unknown> = LOOPBACK,
): Promise<TestServer> =>
  startServer({
    outbound: { withinMs: WITHIN_MS },
    ...options,
    configuration: { clients: [...CLIENTS, ...clients], ...configuration },
  })

/** Asks for a token with an assertion of the key that the client publishes. */
const prove = (at: TestServer, client = 'far', key = privateKey, kid = 'one'): Promise<Answer> =>
  assertAt(at, jws({ alg: 'ES256', kid }, claimsFor(at, client), es256(key)))

const checkBadClient = (answer: Answer, at: TestServer, reason = 'client_keys_unreadable') => {
  checkAnswer(answer, { status: 401, error: 'invalid_client' })
  expect(answer.body.error_description).toBe('Client authentication failed.')
  expect(answer.headers.get('www-authenticate')).toBe(`Basic realm="${at.issuer}"`)
  expect(lastRequest(at)).toMatchObject({ decision: 'refused', reason })
}

const checkToken = (answer: Answer): void => checkAnswer(answer, { status: 200 })

/** What the log says of fetches that failed. */
const faultsOf = (at: TestServer): string[] =>
  at.log
    .map((line) => JSON.parse(line) as { msg: string; fault: string })
    .filter(({ msg }) => msg === 'a document could not be fetched')
    .map(({ fault }) => fault)

let publisher: Publisher
let canary: Publisher
beforeAll(async () => {
  publisher = await startPublisher()
  canary = await startCanary()
})
beforeEach(() => {
  publisher.publish = json(JWKS)
  publisher.asked = []
  publisher.mostAtOnce = 0
})
afterEach(() => expect(canary.connections).toBe(0))
afterAll(async () => {
  await publisher.close()
  await canary.close()
})

const uriOf = (path = '/jwks', host = '127.0.0.1'): string =>
  `http://${host}:${publisher.port}${path}`

/** Runs a test with a server of its own, and checks what it logged. */
const withServer = async (
  server: TestServer,
  act: (server: TestServer) => Promise<void>,
): Promise<void> => {
  await act(server)
  checkLog(server)
  await server.close()
}

describe('M7: a key set at an address that is not public is refused at registration', () => {
  const hosts = [
    ...[
      '127.0.0.1',
      '127.1',
      '0x7f000001',
      '2130706433',
      '0177.0.0.1',
      '①②⑦.0.0.1',
      '0',
      '0.0.0.0',
    ],
    ...['localhost', 'localhost.', 'LOCALHOST', 'any.localhost', '127.0.0.1.', '10.0.0.1'],
    ...['172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '100.127.255.255'],
    ...['169.254.169.254', '168.63.129.16', '192.0.0.192', '192.0.2.1', '198.18.0.1'],
    ...['198.51.100.1', '203.0.113.1', '192.88.99.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['[::]', '[::1]', '[::ffff:127.0.0.1]', '[::ffff:a00:1]', '[::127.0.0.1]', '[fe80::1]'],
    ...['[fec0::1]', '[fd00:ec2::254]', '[fc00::1]', '[ff02::1]', '[64:ff9b::7f00:1]'],
    ...['[64:ff9b:1::1]', '[2002:7f00:1::]', '[2001:db8::1]', '[2001:0:1::1]', '[100::1]'],
  ]
  test.each(hosts)('%s', async (host) => {
    const started = startFor([keyed(`https://${host}:${canary.port}/jwks`)], {}, {})
    await expect(started).rejects.toThrow(
      `clients[${CLIENTS.length}].jwks_uri: must not lead into a network that is not public`,
    )
  })
})

test('M7: a network that is named may be reached, and none beside it', async () => {
  for (const host of ['127.0.0.2', '[::1]', '10.0.0.1'])
    await expect(startFor([keyed(`http://${host}:${canary.port}/`)])).rejects.toThrow('jwks_uri')
  await withServer(await startFor([keyed(uriOf())]), async (own) => {
    checkToken(await prove(own))
    expect(publisher.asked).toEqual(['/jwks'])
  })
})

test('M7: keys are given once, at an address or inline', async () => {
  await expect(startFor([keyed(uriOf(), 'far', { jwks: JWKS })])).rejects.toThrow(
    'jwks: and jwks_uri cannot both be given',
  )
  const secret = { client_secret: 'x'.repeat(40), token_endpoint_auth_method: 'client_secret_post' }
  await expect(startFor([keyed(uriOf(), 'far', secret)])).rejects.toThrow('jwks')
  await expect(startFor([keyed(undefined)])).rejects.toThrow('is needed (or jwks_uri)')
})

test('M7: addresses that are for people are shown or kept, and never fetched', async () => {
  const link = `http://127.0.0.1:${canary.port}/`
  const about = { logo_uri: link, client_uri: link, policy_uri: link, tos_uri: link }
  const shown = CLIENTS.map((one) => (one.client_id === 'cc' ? { ...one, ...about } : one))
  await withServer(await startServer({ configuration: { clients: shown } }), async (own) => {
    await getTokens(own)
  })
})

test.skip('M7: sector_identifier_uri, backchannel_logout_uri and initiate_login_uri — no client has them yet', () => {})

test('U5: a request_uri is refused unread, wherever it leads', async () => {
  await withServer(await startServer(), async (own) => {
    for (const request_uri of [`http://127.0.0.1:${canary.port}/`, 'file:///etc/passwd', 'urn:x']) {
      const params = authorizeParams('cc', newPkce().challenge, { request_uri })
      const page = await openBrowser().get(own.url(`/authorize?${new URLSearchParams(params)}`))
      checkErrorRedirect(own, page, 'request_uri_not_supported')
    }
  })
})

test('M8: a private or symmetric key is refused, registered or published', async () => {
  const own = privateKey.export({ format: 'jwk' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const secret = { kty: 'oct', k: Buffer.alloc(32).toString('base64url'), kid: 'one' }
  const given = [{ ...own, kid: 'one' }, { ...rsa.export({ format: 'jwk' }) }, secret]
  for (const key of given) {
    const inline = keyed(undefined, 'far', { jwks: { keys: [key] } })
    await expect(startFor([inline])).rejects.toThrow('is not a public key')
  }
  await withServer(await startFor([keyed(uriOf())]), async (at) => {
    for (const key of given) {
      publisher.publish = json({ keys: [JWK, key] })
      checkBadClient(await prove(at), at)
      at.clock.advance(PAUSE)
    }
    // As soon as the mistake is mended, it is over.
    publisher.publish = json(JWKS)
    checkToken(await prove(at))
  })
})

describe('M9: what is too much, too slow or no key set is given up', () => {
  let own: TestServer
  beforeAll(async () => {
    own = await startFor([keyed(uriOf())])
  })
  beforeEach(() => own.clock.advance(15 * 60 + 1))
  afterEach(() => checkLog(own))
  afterAll(() => own.close())

  const publishes = async (publish: Publish, reason = 'client_keys_unreadable') => {
    publisher.publish = publish
    checkBadClient(await prove(own), own, reason)
  }

  test('M9: 10 MB are cut off at 256 kB', async () => {
    const whole = 10 * 1024 * 1024
    let sent = 0
    const closed = new Promise<void>((done) => {
      publisher.publish = (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const more = (): void => {
          while (sent < whole && !response.destroyed) {
            sent += 16_384
            if (!response.write(' '.repeat(16_384))) return void response.once('drain', more)
          }
        }
        response.on('close', done)
        more()
      }
    })
    checkBadClient(await prove(own), own)
    await closed
    expect(sent).toBeLessThan(whole)
    expect(faultsOf(own).at(-1)).toBe('it has more than 262144 bytes')
  })

  test('M9: a byte now and then is given up, and nobody else waits', async () => {
    const timers: NodeJS.Timeout[] = []
    publisher.publish = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      timers.push(setInterval(() => response.write(' '), 50))
    }
    const slow = prove(own)
    for (let i = 0; i < 5; i++)
      checkToken(await call(own, '/token', 'cc', { grant_type: 'client_credentials' }))
    checkAnswer(await slow, { status: 401, error: 'invalid_client' })
    for (const timer of timers) clearInterval(timer)
    expect(faultsOf(own).at(-1)).toMatch(/abort/)
  })

  test('M9: an answer that never comes is given up', async () => {
    await publishes(() => {})
    await publishes((request) => request.socket.destroy())
  })

  const inert: [string, Publish][] = [
    ['JSON that is broken', json('{"keys":[')],
    ['no JSON at all', json('canary <html>')],
    ['bytes that are no UTF-8', json(Buffer.from([0xff, 0xfe]).toString('latin1'))],
    ['null', json('null')],
    ['a list', json([JWK])],
    ['an object without keys', json({})],
    ['keys that are no list', json({ keys: JWK })],
    ['keys that are no objects', json({ keys: [null, 'x'] })],
    ['more keys than anybody needs', json({ keys: Array(51).fill(JWK) })],
    ['deep nesting', json('['.repeat(100_000))],
    ['another type', json(JWKS, { 'content-type': 'text/html' })],
    ['no type', (_, response) => response.writeHead(200).end(JSON.stringify(JWKS))],
    ['compressed bytes', (_, response) => sendGzip(response)],
    ['status 500', (_, response) => response.writeHead(500).end(JSON.stringify(JWKS))],
    ['status 204', (_, response) => response.writeHead(204).end()],
  ]
  test.each(inert)('M9: %s is no key set', async (_, publish) => {
    await publishes(publish)
    expect(own.log.join('\n')).not.toContain('canary')
  })

  test('M9: a document that takes __proto__ for a member is one without keys', async () => {
    await publishes(json(`{"__proto__":{"keys":[${JSON.stringify(JWK)}]}}`))
  })

  const sendGzip = (response: ServerResponse): void => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    response.writeHead(200, headers).end(gzipSync(JSON.stringify(JWKS)))
  }

  test('M9: keys that are of no use are passed over', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    const odd = { kty: 'XX', kid: 'odd' }
    const encrypting = { ...other.export({ format: 'jwk' }), kid: 'one', use: 'enc' }
    publisher.publish = json({ keys: [odd, encrypting, JWK] })
    checkToken(await prove(own))
  })
})

describe('U3: a name is as good as the addresses it has', () => {
  const names: Record<string, string[]> = {}
  let own: TestServer
  beforeAll(async () => {
    const uri = `http://rp.test:${canary.port}/`
    const clients = [keyed(uri), keyed(`http://named.test:${publisher.port}/`, 'named')]
    const resolve = async (name: string) => names[name] ?? []
    own = await startFor(clients, { outbound: { withinMs: WITHIN_MS, resolve } })
  })
  beforeEach(() => own.clock.advance(15 * 60 + 1))
  afterEach(() => checkLog(own))
  afterAll(() => own.close())

  const closed: [string, string[]][] = [
    ['another loopback address', ['127.0.0.2']],
    ['an IPv6 loopback address', ['::1']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['a private address', ['10.0.0.1']],
    ['a metadata service', ['169.254.169.254']],
    ['a unique local address', ['fd00::1']],
    ['a public and a private address', ['93.184.215.14', '127.0.0.2']],
    ['a public IPv4 and a private IPv6 address', ['93.184.215.14', '::1']],
    ['an open and a closed address', ['127.0.0.1', '127.0.0.2']],
  ]
  test.each(closed)('U3: %s is not connected to', async (_, addresses) => {
    names['rp.test'] = addresses
    checkBadClient(await prove(own), own)
    expect(faultsOf(own).at(-1)).toMatch(
      /^the name leads to .*, which outbound.allow does not name/,
    )
  })

  test('U3: a name without an address is refused', async () => {
    names['rp.test'] = []
    checkBadClient(await prove(own), own)
    expect(faultsOf(own).at(-1)).toBe('the name has no address')
  })

  test('U3: a public address is reached by https only', async () => {
    names['rp.test'] = ['93.184.215.14']
    checkBadClient(await prove(own), own)
    expect(faultsOf(own).at(-1)).toMatch(/^the name leads to 93/)
  })

  test('U3: a name of an open address is connected to', async () => {
    names['named.test'] = ['127.0.0.1']
    checkToken(await prove(own, 'named'))
    expect(publisher.asked).toEqual(['/'])
  })
})

test('U3: a name that changes between check and connection leads where it was checked', async () => {
  // The same port at another loopback address: there the second look-up would lead.
  const other = await startCanary({ host: '127.0.0.2', port: publisher.port })
  let asked = 0
  const resolve = async () => (asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.2'])
  const outbound = { withinMs: WITHIN_MS, resolve }
  const uri = uriOf('/jwks', 'rebinding.test')
  await withServer(await startFor([keyed(uri)], { outbound }), async (own) => {
    checkToken(await prove(own))
    expect([asked, publisher.asked.length]).toEqual([1, 1])
    own.clock.advance(3601)
    checkBadClient(await prove(own), own)
    expect([asked, publisher.asked.length]).toEqual([2, 1])
  })
  expect(other.connections).toBe(0)
  await other.close()
})

test('U3: the certificate must be that of the name, wherever the name leads', async () => {
  const known = selfSigned('rp.test')
  const before = getCACertificates('default')
  setDefaultCACertificates([known.cert])
  const hosts = await Promise.all(
    [known, selfSigned('rp.test')].map((tls) => startPublisher({ tls })),
  )
  for (const host of hosts) host.publish = json(JWKS)
  const [right, stranger] = hosts.map(({ port }) => port)
  const clients = [
    keyed(`https://rp.test:${right}/`, 'right'),
    keyed(`https://other.test:${right}/`, 'other'),
    keyed(`https://rp.test:${stranger}/`, 'stranger'),
    keyed(`http://rp.test:${right}/`, 'plain'),
  ]
  const outbound = { withinMs: WITHIN_MS, resolve: async () => ['127.0.0.1'] }
  await withServer(await startFor(clients, { outbound }), async (own) => {
    checkToken(await prove(own, 'right'))
    for (const client of ['other', 'stranger', 'plain'])
      checkBadClient(await prove(own, client), own)
    expect(faultsOf(own)).toEqual([
      expect.stringContaining('does not match certificate'),
      expect.stringContaining('self-signed'),
      expect.any(String),
    ])
  })
  expect(hosts.map(({ asked }) => asked.length)).toEqual([1, 0])
  setDefaultCACertificates(before)
  await Promise.all(hosts.map((host) => host.close()))
})

test('U3: DNS is really asked, and a name that nobody has is refused', async () => {
  const outbound = { withinMs: WITHIN_MS }
  const uri = uriOf('/', `${randomUUID()}.invalid`)
  await withServer(await startFor([keyed(uri)], { outbound }), async (own) => {
    checkBadClient(await prove(own), own)
  })
})

test('U4: no redirect is followed, wherever it leads', async () => {
  const to = [
    `http://127.0.0.1:${canary.port}/`,
    `http://127.0.0.2:${canary.port}/`,
    'file:///etc/passwd',
    uriOf('/elsewhere'),
  ]
  await withServer(await startFor([keyed(uriOf())]), async (own) => {
    for (const location of to) {
      for (const status of [301, 302, 303, 307, 308]) {
        publisher.publish = (request, response) =>
          request.url === '/elsewhere'
            ? json(JWKS)(request, response)
            : response.writeHead(status, { location, refresh: `0;url=${location}` }).end()
        checkBadClient(await prove(own), own)
        expect(faultsOf(own).at(-1)).toBe(`the status was ${status}`)
        own.clock.advance(PAUSE)
      }
      own.clock.advance(15 * 60)
    }
    expect(new Set(publisher.asked)).toEqual(new Set(['/jwks']))
  })
})

describe('U5: other ports and schemes are refused at registration', () => {
  const https = { issuer: 'https://id.example', outbound: { allow: ['127.0.0.0/8'] } }
  const refused = (uri: string, sentence: string) =>
    expect(startFor([keyed(uri)], {}, https)).rejects.toThrow(
      `clients[${CLIENTS.length}].jwks_uri: ${sentence}`,
    )
  test.each([1, 22, 25, 80, 993, 3306, 5432, 6379, 9200, 11211])('U5: port %i', async (port) => {
    for (const host of ['rp.test', '93.184.215.14', '127.0.0.1'])
      await refused(`https://${host}:${port}/jwks`, `must not have the port ${port}`)
  })
  const links = ['http://rp.test/', 'file:///etc/passwd', 'ftp://rp.test/', 'gopher://rp.test/']
  links.push('data:application/json,{}', 'unix:/run/docker.sock', 'javascript:1', 'ws://rp.test/')
  test.each(links)('U5: %s', async (uri) => refused(uri, 'must be https'))
  test.each(['', '/jwks', '//rp.test/', 'rp.test', 'https://', 'https://%00/'])(
    'U5: "%s"',
    async (uri) => refused(uri, 'must be an absolute URL'),
  )
  test('U5: plain http is for networks that are named, and for an issuer on loopback', async () => {
    await refused(`http://127.0.0.1:${canary.port}/`, 'must be https')
  })
})

test('U6: user names are refused', async () => {
  for (const user of ['a@', 'a:b@', ':b@', 'rp.test@'])
    await expect(startFor([keyed(`http://${user}127.0.0.1:${publisher.port}/`)])).rejects.toThrow(
      'jwks_uri: must have no user name',
    )
  const tricks = ['http://rp.test\\@127.0.0.2/', 'http://127.0.0.2:80#@rp.test/']
  for (const trick of tricks) await expect(startFor([keyed(trick)])).rejects.toThrow('jwks_uri')
})

test('U6: a host is read once, in the one way that URLs have', async () => {
  const asked: string[] = []
  const resolve = async (name: string) => {
    asked.push(name)
    return ['127.0.0.1']
  }
  const hosts = ['rp。test', 'RP.TEST', 'rp.test.', 'bücher.test', 'r\tp.test']
  const clients = hosts.map((host, index) => keyed(uriOf('/', host), `far-${index}`))
  const own = await startFor(clients, { outbound: { withinMs: WITHIN_MS, resolve } })
  await withServer(own, async () => {
    for (const { client_id } of clients) checkToken(await prove(own, client_id))
  })
  expect(asked).toEqual(['rp.test', 'rp.test', 'rp.test', 'xn--bcher-kva.test', 'rp.test'])
})

test('U9: a slow host has four connections at once, and nobody else waits for it', async () => {
  const host = await startPublisher()
  host.publish = () => {}
  const slow = Array.from({ length: 200 }, (_, index) =>
    keyed(`http://slow.test:${host.port}/${index}`, `slow-${index}`),
  )
  const clients = [...slow, keyed(uriOf('/fast', 'fast.test'), 'fast')]
  const resolve = async () => ['127.0.0.1']
  const outbound = { withinMs: WITHIN_MS, resolve }
  await withServer(await startFor(clients, { outbound }), async (own) => {
    const waiting = Promise.all(slow.map(({ client_id }) => prove(own, client_id)))
    checkToken(await prove(own, 'fast'))
    expect(publisher.asked).toEqual(['/fast'])
    for (const answer of await waiting)
      checkAnswer(answer, { status: 401, error: 'invalid_client' })
    // Four; the closing of one may be seen after the opening of the next.
    expect(host.mostAtOnce).toBeLessThanOrEqual(8)
    expect(faultsOf(own)).toHaveLength(200)
  })
  await host.close()
})

describe('U9: a document is fetched once for all who need it', () => {
  let own: TestServer
  beforeEach(async () => {
    own = await startFor([keyed(uriOf())])
  })
  afterEach(async () => {
    checkLog(own)
    await own.close()
  })

  test('U9: fifty calls at once make one fetch', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => prove(own)))
    for (const answer of answers) checkToken(answer)
    expect(publisher.asked).toEqual(['/jwks'])
  })

  const lives: [string | undefined, number][] = [
    [undefined, 300],
    ['max-age=120', 120],
    ['public, max-age="120", immutable', 120],
    ['max-age=0', 60],
    ['no-store', 60],
    ['max-age=100000', 3600],
    ['max-age=-5', 300],
    ['max-age=x', 300],
  ]
  test.each(lives)('U9: with cache-control %s it is kept for %i s', async (header, life) => {
    publisher.publish = json(JWKS, header === undefined ? {} : { 'cache-control': header })
    checkToken(await prove(own))
    own.clock.advance(life - 1)
    checkToken(await prove(own))
    expect(publisher.asked).toHaveLength(1)
    own.clock.advance(1)
    checkToken(await prove(own))
    expect(publisher.asked).toHaveLength(2)
  })

  test('U9: an unknown key has it fetched again, every 30 s at the most', async () => {
    const next = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const turned = () => prove(own, 'far', next.privateKey, 'two')
    checkToken(await prove(own))
    for (let i = 0; i < 5; i++) checkBadClient(await turned(), own, 'assertion_wrong')
    expect(publisher.asked).toHaveLength(1)
    own.clock.advance(PAUSE)
    for (let i = 0; i < 5; i++) checkBadClient(await turned(), own, 'assertion_wrong')
    expect(publisher.asked).toHaveLength(2)
    const jwk = { ...next.publicKey.export({ format: 'jwk' }), kid: 'two' }
    publisher.publish = json({ keys: [jwk] })
    own.clock.advance(PAUSE)
    checkToken(await turned())
    checkBadClient(await prove(own), own, 'assertion_wrong')
    expect(publisher.asked).toHaveLength(3)
  })

  test('U9: a signature that is right is no reason to fetch, whatever else is wrong', async () => {
    checkToken(await prove(own))
    own.clock.advance(PAUSE)
    const late = claimsFor(own, 'far', { exp: own.clock.now() - 100 })
    const seal = es256(privateKey)
    checkBadClient(
      await assertAt(own, jws({ alg: 'ES256', kid: 'one' }, late, seal)),
      own,
      'assertion_wrong',
    )
    const none = jws({ alg: 'none', kid: 'two' }, claimsFor(own, 'far'), seal)
    checkBadClient(await assertAt(own, none), own, 'assertion_wrong')
    expect(publisher.asked).toHaveLength(1)
  })

  test('U9: a publisher that is down is asked every 30 s at the most', async () => {
    publisher.publish = (_, response) => response.writeHead(503).end()
    for (let i = 0; i < 5; i++) checkBadClient(await prove(own), own)
    expect(publisher.asked).toHaveLength(1)
    publisher.publish = json(JWKS)
    checkBadClient(await prove(own), own)
    own.clock.advance(PAUSE)
    checkToken(await prove(own))
    expect(publisher.asked).toHaveLength(2)
  })

  test('U9: keys outlive a publisher that is down, for an hour and no longer', async () => {
    checkToken(await prove(own))
    publisher.publish = (_, response) => response.writeHead(503).end()
    own.clock.advance(3599)
    checkToken(await prove(own))
    own.clock.advance(1)
    checkBadClient(await prove(own), own)
  })
})
