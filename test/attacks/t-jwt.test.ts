// Attacks, group T: JWTs, at every place that accepts one.

import {
  constants,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKeyInput,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { assertAt, claimsFor, encode, es256, jws, type Seal } from '../door/assertion.ts'
import {
  answerOf,
  authorizeParams,
  getTokens,
  newPkce,
  openBrowser,
  type TestBrowser,
} from '../door/browser.ts'
import { CLIENTS, PK_PRIVATE, RU } from '../door/fixtures.ts'
import { json, startPublisher } from '../door/publisher.ts'
import { sendRaw } from '../door/raw.ts'
import {
  checkAnswer,
  checkErrorPage,
  checkErrorRedirect,
  checkLog,
  checkPage,
  lastRequest,
} from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { introspect, isActive, openFolder, revoke, userinfo } from '../door/tokens.ts'

const THROTTLE_WINDOW = 15 * 60
const MONTH = 30 * 86_400
const LONGEST = 16_384
const LONG = 'x'.repeat(100_000)

type Claims = Record<string, unknown>

/** Somewhere that a JWT is taken, with one that is right there and the key that it is checked by. */
type Place = {
  name: string
  genuine(): string
  jwk(): JsonWebKeyInput['key'] & { kid?: string }
  /** The key set as it is published or registered. */
  jwks(): string
  /** Signs anything with the right key and its `alg`; undefined for another header. */
  seal(header: Claims, claims: Claims): Promise<string>
  taken(token: string): Promise<void>
  /** Refused, and nothing has changed. */
  refused(token: string): Promise<void>
}

const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
const edKey = generateKeyPairSync('ed25519')
const keyed = (client_id: string, keys: object[], more: object = {}) => ({
  client_id,
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys },
  scope: 'api.read',
  ...more,
})
const twins = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }))
const twinJwk = (index: number) => ({
  ...twins[index]?.publicKey.export({ format: 'jwk' }),
  kid: 'same',
})

let server: TestServer
let browser: TestBrowser
let published: (JsonWebKeyInput['key'] & { kid: string; alg: string })[] = []
const tokens: Record<string, Awaited<ReturnType<typeof getTokens>>> = {}

beforeAll(async () => {
  const lifetimes = { access_token: MONTH, id_token: MONTH, session: MONTH, session_idle: MONTH }
  const clients = [
    ...CLIENTS,
    keyed('rsa-key', [rsaKey.publicKey.export({ format: 'jwk' })]),
    keyed('ed-key', [edKey.publicKey.export({ format: 'jwk' })]),
    keyed('twin-0', [twinJwk(0)]),
    keyed('twin-1', [twinJwk(1)]),
  ]
  server = await startServer({ configuration: { lifetimes, clients } })
  browser = openBrowser()
  for (const client of ['cc', 'es', 'jwt'])
    tokens[client] = await getTokens(server, client, {}, browser)
  const keys = await (await fetch(server.url('/jwks'))).json()
  published = keys.keys
})
// Failures are counted by client and network: each case starts with none.
beforeEach(() => server.clock.advance(THROTTLE_WINDOW + 1))
afterEach(() => checkLog(server))
afterAll(() => server.close())

const headerOf = (token: string): Claims => decode(token.split('.')[0])
const claimsOf = (token: string): Claims => decode(token.split('.')[1])
const decode = (part = ''): Claims => JSON.parse(Buffer.from(part, 'base64url').toString())

const ownJwk = (token: string) => {
  const found = published.find(({ kid }) => kid === headerOf(token).kid)
  if (!found) throw new Error('the key is not published')
  return found
}

/** What places for our own tokens share: the server's keys. */
const ours = (name: string, genuine: () => string) => ({
  name,
  genuine,
  jwk: () => ownJwk(genuine()),
  jwks: () => JSON.stringify({ keys: published }),
  seal: async ({ typ }: Claims, claims: Claims) =>
    server.keys.sign(
      ownJwk(genuine()).alg as 'ES256' | 'RS256',
      String(typ),
      claims,
      server.clock.now(),
    ),
})

const accessJwt = () => tokens.jwt?.access_token ?? ''
const idToken = (client: string) => String(tokens[client]?.id_token)

const assertionPlace: Place = {
  name: 'client_assertion',
  genuine: () => jws({ alg: 'ES256', kid: 'pk-1', typ: 'JWT' }, claimsFor(server, 'pk')),
  jwk: () => ({ ...createPublicKey(PK_PRIVATE).export({ format: 'jwk' }), kid: 'pk-1' }),
  jwks: () => JSON.stringify(CLIENTS.find(({ client_id }) => client_id === 'pk')?.jwks),
  seal: async (header, claims) => jws(header, claims),
  taken: async (token) => checkAnswer(await assertAt(server, token), { status: 200 }),
  refused: async (token) => {
    const answer = await assertAt(server, token, { client_id: 'pk' })
    checkAnswer(answer, { status: 401, error: 'invalid_client' })
    expect(lastRequest(server)).toMatchObject({ clientId: 'pk', reason: 'assertion_wrong' })
  },
}

const authorizePlace = (client: string): Place => {
  const ask = (id_token_hint: string) => {
    const params = authorizeParams(client, newPkce().challenge, { prompt: 'none', id_token_hint })
    return browser.get(server.url(`/authorize?${new URLSearchParams(params)}`))
  }
  return {
    ...ours(`id_token_hint of ${client} at authorize`, () => idToken(client)),
    taken: async (token) => expect(answerOf(await ask(token)).get('code')).toBeTruthy(),
    refused: async (token) => {
      checkErrorRedirect(server, await ask(token), 'invalid_request')
      expect(lastRequest(server)).toMatchObject({ decision: 'refused', reason: 'hint_wrong' })
    },
  }
}

const logoutPlace = (client: string): Place => {
  const ask = (id_token_hint: string, at = browser) =>
    at.get(server.url(`/logout?${new URLSearchParams({ id_token_hint })}`))
  return {
    ...ours(`id_token_hint of ${client} at logout`, () => idToken(client)),
    // A browser without a session: with a right hint it need not be asked, nor the other lose its.
    taken: async (token) => {
      const page = await ask(token, openBrowser())
      checkPage(page, { status: 200 })
      expect(lastRequest(server)).toMatchObject({ clientId: client, decision: 'allowed' })
    },
    refused: async (token) => {
      const page = await ask(token)
      checkPage(page, { status: 200 })
      expect(page.text).toContain('id="sign-out"')
      expect(lastRequest(server).clientId).toBeUndefined()
    },
  }
}

/** A token that goes in a header as it is. */
const isHeaderText = (token: string): boolean => /^[\x21-\x7e]*$/.test(token)

const userinfoPlace: Place = {
  ...ours('access token at userinfo', accessJwt),
  taken: async (token) => checkAnswer(await userinfo(server, token), { status: 200 }),
  refused: async (token) => {
    if (!isHeaderText(token)) return
    // What has signs that no token has is as if there were none (RFC 6750 §3.1).
    checkAnswer(await userinfo(server, token), { status: 401 })
  },
}

const introspectionPlace: Place = {
  ...ours('access token at introspection', accessJwt),
  taken: async (token) => expect(await isActive(server, token, 'jwt')).toBe(true),
  refused: async (token) => {
    const answer = await introspect(server, token, 'jwt')
    checkAnswer(answer, { status: 200 })
    expect(answer.body).toEqual({ active: false })
  },
}

const revocationPlace: Place = {
  ...ours('access token at revocation', accessJwt),
  taken: async (token) => {
    checkAnswer(await revoke(server, token, 'jwt'), { status: 200 })
    expect(await isActive(server, token, 'jwt')).toBe(false)
    tokens.jwt = await getTokens(server, 'jwt', {}, browser)
  },
  refused: async (token) => {
    checkAnswer(await revoke(server, token, 'jwt'), { status: 200 })
    expect(await isActive(server, accessJwt(), 'jwt')).toBe(true)
  },
}

const HINTS = [...['cc', 'es'].map(authorizePlace), ...['cc', 'es'].map(logoutPlace)]
const BEARERS = [userinfoPlace, introspectionPlace, revocationPlace]
const OURS = [...HINTS, ...BEARERS]
const PLACES = [assertionPlace, ...OURS]

const none: Seal = () => new Uint8Array(0)
const hmac =
  (bits: number, secret: string | Buffer): Seal =>
  (data) =>
    createHmac(`sha${bits}`, secret).update(data).digest()

describe.each(PLACES)('$name', (place) => {
  /** Header, claims and signature of a fresh token that is right. */
  const parts = () => {
    const token = place.genuine()
    const [head = '', body = '', seal = ''] = token.split('.')
    return { token, head, body, seal, header: headerOf(token), claims: claimsOf(token) }
  }
  const refuse = async (...forged: string[]) => {
    for (const one of forged) await place.refused(one)
  }

  test('T0: takes the one that is right', async () => {
    await place.taken(place.genuine())
    const { header, claims } = parts()
    const { jti: _, ...rest } = claims
    const same = place === assertionPlace ? { ...rest, jti: randomUUID() } : claims
    await place.taken(await place.seal(header, same))
  })

  test('T1: no algorithm is no signature, however it is spelled', async () => {
    const { head, body, seal, header, claims } = parts()
    for (const alg of ['none', 'None', 'nOnE', 'NONE', '', ' none', null, undefined, ['none']]) {
      const forged = jws({ ...header, alg }, claims, none)
      await refuse(forged, forged.slice(0, -1), forged + seal)
    }
    await refuse(`${head}.${body}.`, `${head}.${body}`, `..${seal}`)
  })

  test('T2: the public key is no secret for HMAC, in whatever form', async () => {
    const { header, claims } = parts()
    const jwk = place.jwk()
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const pem = key.export({ format: 'pem', type: 'spki' })
    const secrets: (string | Buffer)[] = [
      pem,
      String(pem).trim(),
      key.export({ format: 'der', type: 'spki' }),
      JSON.stringify(jwk),
      JSON.stringify(key.export({ format: 'jwk' })),
      place.jwks(),
      ...(jwk.kty === 'RSA' ? [key.export({ format: 'pem', type: 'pkcs1' })] : []),
      ...[jwk.x, jwk.n, jwk.kid].filter((one) => one !== undefined),
      Buffer.from(jwk.x ?? jwk.n ?? '', 'base64url'),
      '',
      Buffer.alloc(32),
    ]
    for (const secret of secrets) {
      await refuse(jws({ ...header, alg: 'HS256' }, claims, hmac(256, secret)))
      const { kid: _, ...nameless } = header
      await refuse(jws({ ...nameless, alg: 'HS256' }, claims, hmac(256, secret)))
    }
    for (const bits of [384, 512])
      await refuse(jws({ ...header, alg: `HS${bits}` }, claims, hmac(bits, String(pem))))
  })

  test('T3: an algorithm that is not the key’s is refused, and so is a foreign key', async () => {
    const { header, claims, head, body, seal } = parts()
    const others = ['ES384', 'ES512', 'ES256K', 'PS256', 'RS384', 'RS512', 'EdDSA', 'HS256', 'dir']
    const swapped = header.alg === 'ES256' ? 'RS256' : 'ES256'
    for (const alg of [...others, swapped, 'es256', 'RSA-OAEP', 'A256GCM'])
      await refuse(`${encode({ ...header, alg })}.${body}.${seal}`)
    const rs =
      (hash: string, key: KeyObject): Seal =>
      (data) =>
        sign(hash, Buffer.from(data), key)
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    await refuse(
      jws({ ...header, alg: 'RS256' }, claims, rs('sha256', rsaKey.privateKey)),
      jws({ ...header, alg: 'RS512' }, claims, rs('sha512', rsaKey.privateKey)),
      jws({ ...header, alg: 'ES256' }, claims, es256(foreign)),
    )
    const jwk = createPublicKey(foreign).export({ format: 'jwk' })
    await refuse(
      jws({ alg: 'ES256', typ: header.typ, jwk }, claims, es256(foreign)),
      jws({ ...header, alg: 'ES256', kid: 'x', jwk }, claims, es256(foreign)),
      `${head}.${encode({ ...claims, sub: 'somebody' })}.${seal}`,
    )
  })

  test('T5: a signature that only looks like one is refused', async () => {
    const { head, body, seal } = parts()
    const right = Buffer.from(seal, 'base64url')
    const order = Buffer.from(
      'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
      'hex',
    )
    const zero = Buffer.alloc(32)
    const [r, s] = [right.subarray(0, 32), right.subarray(32, 64)]
    const forged = [
      Buffer.concat([zero, zero]),
      Buffer.concat([r, zero]),
      Buffer.concat([zero, s]),
      Buffer.concat([order, order]),
      Buffer.concat([r, order]),
      right.subarray(0, -1),
      right.subarray(1),
      Buffer.concat([right, Buffer.from([0])]),
      Buffer.concat([Buffer.from([0]), right]),
      Buffer.alloc(right.length),
      Buffer.alloc(right.length, 1),
      Buffer.from([0x30, 0x44, 0x02, 0x20, ...r, 0x02, 0x20, ...s]),
      Buffer.alloc(0),
      Buffer.alloc(1),
    ]
    for (const one of forged) await refuse(`${head}.${body}.${one.toString('base64url')}`)
  })

  test('T6: what is not written exactly as compact JWS is refused', async () => {
    const { token, head, body, seal } = parts()
    const flattened = { payload: body, protected: head, signature: seal }
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    // The same bytes when the bits that a strict reader wants to be zero are left out.
    const spare = `${seal.slice(0, -1)}${last[last.indexOf(seal.at(-1) ?? '') + 1]}`
    await refuse(
      `${token}=`,
      `${token}==`,
      `${head}=.${body}.${seal}`,
      `${token}\n`,
      `${head}.\n${body}.${seal}`,
      ` ${token}`,
      `${token} `,
      `${token}\0`,
      `${token}.`,
      `${token}.${seal}`,
      `.${token}`,
      `${token}.${seal}.${seal}`,
      `${token}!`,
      `${token}%20`,
      `"${token}"`,
      `Bearer ${token}`,
      `${head}.${body}.${spare}`,
      `${head}.${body}.${seal.slice(0, 10)}+${seal.slice(11)}`,
      `${head}.${body}.${seal.slice(0, 10)}/${seal.slice(11)}`,
      `${head}..${seal}`,
      JSON.stringify(flattened),
      JSON.stringify({ payload: body, signatures: [flattened] }),
      '{}',
      'x',
      '.',
      '..',
    )
  })

  test('T7: times of another type, or none, are refused', async () => {
    const { header, claims } = parts()
    const soon = server.clock.now() + 60
    const odd: Record<string, readonly unknown[]> = {
      exp: [String(soon), soon + 0.5, -1, 1e30, null, undefined, true, [soon], {}, 'x'],
      iat: [String(soon - 60), soon - 60.5, -1, null, true, [soon - 60], 'x'],
    }
    if (place === assertionPlace) odd.nbf = [String(soon - 60), soon - 60.5, -1, null, true, 1e30]
    // Whoever has long tokens of ours may have one for longer than this.
    if (place !== assertionPlace) odd.exp = odd.exp?.filter((one) => one !== 1e30) ?? []
    for (const [name, values] of Object.entries(odd)) {
      for (const value of values)
        await refuse(await place.seal(header, { ...claims, jti: claims.jti, [name]: value }))
      server.clock.advance(THROTTLE_WINDOW + 1)
    }
  })

  test('T8: an audience that is missing, empty, of another or no text is refused', async () => {
    const { header, claims } = parts()
    const own = [claims.aud].flat()[0]
    const odd: unknown[] = [
      undefined,
      null,
      '',
      [],
      {},
      7,
      [own, 7],
      [7, own],
      [null],
      [[own]],
      { 0: own },
    ]
    // At the others a token for whomever it may be is the business of the client that it was made for.
    if (place !== introspectionPlace && place !== revocationPlace)
      odd.push('https://evil.test', ['https://evil.test'], `${own} `, `${own}/`)
    for (const aud of odd) await refuse(await place.seal(header, { ...claims, aud }))
  })

  test('T9: a name that comes twice counts as the last one, for all who read it', async () => {
    if (place !== assertionPlace) {
      // Nobody else signs what is read here, and we write each name once.
      const { head, body, seal } = parts()
      const twice = Buffer.from(body, 'base64url').toString().replace('{', '{"sub":"x",')
      await refuse(`${head}.${encode(twice)}.${seal}`)
      const header = Buffer.from(head, 'base64url').toString().replace('{', '{"alg":"none",')
      await refuse(`${encode(header)}.${body}.${seal}`)
      return
    }
    const pair = (name: string, first: unknown, text: string) =>
      text.replace('{', `{${JSON.stringify(name)}:${JSON.stringify(first)},`)
    const { header, claims } = parts()
    const late = (name: string, last: unknown, text: string) =>
      text.replace(/\}$/, `,${JSON.stringify(name)}:${JSON.stringify(last)}}`)
    const plain = JSON.stringify(header)
    const body = JSON.stringify(claims)
    await refuse(
      jws(plain, late('iss', 'cc2', body)),
      jws(plain, late('sub', 'cc2', body)),
      jws(plain, late('aud', 'https://evil.test', body)),
      jws(plain, late('exp', 1, body)),
      jws(late('alg', 'none', plain), body),
      jws(late('kid', 'other', plain), body),
    )
    await place.taken(jws(pair('alg', 'none', plain), pair('sub', 'cc2', body)))
  })

  test('T12: a token of more than 16 kB is not read, even with a right signature', async () => {
    const { header, claims } = parts()
    const padded = async (length: number) => {
      const bare = await place.seal(header, { ...claims, jti: claims.jti, pad: '' })
      const pad = 'x'.repeat(Math.floor(((length - bare.length) * 3) / 4) - 4)
      return place.seal(header, { ...claims, pad })
    }
    const short = await padded(LONGEST - 16)
    expect(short.length).toBeLessThanOrEqual(LONGEST)
    const long = await padded(LONGEST + 200)
    expect(long.length).toBeGreaterThan(LONGEST)
    await refuse(long, 'x'.repeat(LONGEST + 1), `${'a'.repeat(20_000)}.b.c`)
    await place.taken(short)
  })
})

test('T4: a token that is good at one place is nothing at another', async () => {
  const assertion = assertionPlace.genuine()
  const { access_token: opaque, refresh_token } = await getTokens(server, 'cc', {}, browser)
  for (const place of HINTS)
    for (const token of [accessJwt(), assertion, opaque, refresh_token]) await place.refused(token)
  for (const place of BEARERS)
    for (const token of [idToken('cc'), idToken('es'), String(tokens.jwt?.id_token), assertion])
      await place.refused(token)
  for (const token of [accessJwt(), idToken('cc'), opaque, refresh_token])
    await assertionPlace.refused(token)
  // Not even with everything in it that an assertion says.
  const said = claimsFor(server, 'pk')
  for (const type of ['at+jwt', 'JWT'])
    await assertionPlace.refused(await server.keys.sign('ES256', type, said, server.clock.now()))
  checkAnswer(await assertAt(server, assertion), { status: 200 })
})

test('T4: a JWT that says that it is something else is no assertion', async () => {
  const { sub: _, ...request } = claimsFor(server, 'pk', { client_id: 'pk', redirect_uri: RU })
  await assertionPlace.refused(jws({ alg: 'ES256', kid: 'pk-1' }, request))
  const header = { alg: 'ES256', kid: 'pk-1' }
  const types = [
    'dpop+jwt',
    'oauth-authz-req+jwt',
    'at+jwt',
    'logout+jwt',
    'token-introspection+jwt',
  ]
  for (const typ of [...types, 'application/dpop+jwt', '', 7, null, ['JWT']])
    await assertionPlace.refused(jws({ ...header, typ }, claimsFor(server, 'pk')))
  for (const typ of [undefined, 'JWT', 'jwt', 'client-authentication+jwt'])
    await assertionPlace.taken(jws({ ...header, typ }, claimsFor(server, 'pk')))
})

test('T4: what we sign as something else is no ID token and no access token', async () => {
  for (const place of OURS) {
    const claims = claimsOf(place.genuine())
    const type = String(headerOf(place.genuine()).typ)
    const swapped = type === 'JWT' ? 'at+jwt' : 'JWT'
    for (const typ of [swapped, 'logout+jwt', 'dpop+jwt', type.toUpperCase().concat(' '), ''])
      await place.refused(await place.seal({ typ }, claims))
    await place.refused(await place.seal({ typ: type }, { ...claims, iss: 'https://evil.test' }))
    await place.refused(await place.seal({ typ: type }, { ...claims, iss: undefined }))
    await place.refused(await place.seal({ typ: type }, { ...claims, iss: [claims.iss] }))
  }
})

test('T3: a client signs with the algorithms that metadata lists, and no others of its key', async () => {
  const by = (alg: string, seal: Seal, client: string) =>
    assertAt(server, jws({ alg }, claimsFor(server, client), seal))
  const pss = (hash: string, key: KeyObject): Seal => {
    const padding = constants.RSA_PKCS1_PSS_PADDING
    return (data) =>
      sign(hash, Buffer.from(data), { key, padding, saltLength: Number(hash.slice(3)) / 8 })
  }
  const rs =
    (hash: string): Seal =>
    (data) =>
      sign(hash, Buffer.from(data), rsaKey.privateKey)
  const metadata = await (await fetch(server.url('/.well-known/openid-configuration'))).json()
  const listed: string[] = metadata.token_endpoint_auth_signing_alg_values_supported
  expect(listed).not.toContain('none')
  expect(listed.filter((alg) => /^HS|384|512$/.test(alg))).toEqual([])
  for (const [alg, seal] of [
    ['RS256', rs('sha256')],
    ['PS256', pss('sha256', rsaKey.privateKey)],
  ] as const) {
    expect(listed).toContain(alg)
    checkAnswer(await by(alg, seal, 'rsa-key'), { status: 200 })
  }
  for (const [alg, seal] of [
    ['RS384', rs('sha384')],
    ['RS512', rs('sha512')],
    ['RS1', rs('sha1')],
    ['PS512', pss('sha512', rsaKey.privateKey)],
  ] as const)
    checkAnswer(await by(alg, seal, 'rsa-key'), { status: 401, error: 'invalid_client' })
  const ed: Seal = (data) => sign(null, Buffer.from(data), edKey.privateKey)
  for (const alg of ['EdDSA', 'Ed25519']) checkAnswer(await by(alg, ed, 'ed-key'), { status: 200 })
  checkAnswer(await by('Ed448', ed, 'ed-key'), { status: 401, error: 'invalid_client' })
})

test('T5: a key that is weak or no key proves nobody, registered or published', async () => {
  const publisher = await startPublisher()
  const far = {
    ...keyed('far', []),
    jwks: undefined,
    jwks_uri: `http://127.0.0.1:${publisher.port}/`,
  }
  const configuration = { clients: [far], outbound: { allow: ['127.0.0.1'] }, resources: [] }
  const own = await startServer({ configuration })
  const refused = async (jwk: object, header: object, seal: Seal) => {
    await expect(
      startServer({ configuration: { clients: [keyed('near', [jwk])] } }),
    ).rejects.toThrow('jwks.keys[0]')
    publisher.publish = json({ keys: [jwk] })
    const answer = await assertAt(own, jws(header, claimsFor(own, 'far'), seal))
    checkAnswer(answer, { status: 401, error: 'invalid_client' })
    own.clock.advance(60)
  }
  for (const modulusLength of [512, 1024]) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength })
    const seal: Seal = (data) => sign('sha256', Buffer.from(data), privateKey)
    await refused(publicKey.export({ format: 'jwk' }), { alg: 'RS256' }, seal)
  }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const zero = Buffer.alloc(32).toString('base64url')
  for (const off of [{ x: zero, y: zero }, { y: jwk.x }, { x: 'AA' }, { x: '' }, { y: undefined }])
    await refused({ ...jwk, ...off }, { alg: 'ES256' }, es256(privateKey))
  const other = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
  await refused(
    other.publicKey.export({ format: 'jwk' }),
    { alg: 'ES256' },
    es256(other.privateKey),
  )
  publisher.publish = json({ keys: [jwk] })
  checkAnswer(
    await assertAt(own, jws({ alg: 'ES256' }, claimsFor(own, 'far'), es256(privateKey))),
    {
      status: 200,
    },
  )
  checkLog(own)
  await own.close()
  await publisher.close()
})

test('T7: an hour forward, and back with the next start, ends nothing but what is over', async () => {
  const folder = openFolder()
  const { database } = folder
  const first = await startServer({ database })
  const sent = (at: TestServer) => jws({ alg: 'ES256', kid: 'pk-1' }, claimsFor(at, 'pk'))
  const refused = async (token: string, at: TestServer) =>
    checkAnswer(await assertAt(at, token), { status: 401, error: 'invalid_client' })
  const { access_token } = await getTokens(first, 'jwt')
  const old = sent(first)
  first.clock.advance(3500)
  await refused(old, first)
  checkAnswer(await assertAt(first, sent(first)), { status: 200 })
  checkAnswer(await userinfo(first, access_token), { status: 200 })
  const late = await getTokens(first, 'jwt')
  const ahead = sent(first)
  await first.close()
  const { port, masterKey } = first
  const second = await startServer({ database, port, masterKey, now: first.clock.now() - 3600 })
  await refused(ahead, second)
  checkAnswer(await assertAt(second, sent(second)), { status: 200 })
  for (const token of [access_token, late.access_token]) {
    checkAnswer(await userinfo(second, token), { status: 200 })
    expect(await isActive(second, token, 'jwt')).toBe(true)
  }
  checkLog(second)
  await second.close()
  folder.remove()
})

test('T7: an access token is over at its exp, to the second', async () => {
  const own = await startServer()
  const { access_token } = await getTokens(own, 'jwt')
  own.clock.advance(Number(claimsOf(access_token).exp) - own.clock.now() - 1)
  checkAnswer(await userinfo(own, access_token), { status: 200 })
  own.clock.advance(1)
  checkAnswer(await userinfo(own, access_token), { status: 401, error: 'invalid_token' })
  expect(await isActive(own, access_token, 'jwt')).toBe(false)
  checkLog(own)
  await own.close()
})

test('T11: one kid of two clients names two keys, each its own client’s', async () => {
  const by = (client: string, index: number) => {
    const key = twins[index]?.privateKey
    return assertAt(
      server,
      jws({ alg: 'ES256', kid: 'same' }, claimsFor(server, client), es256(key)),
    )
  }
  for (const index of [0, 1]) {
    checkAnswer(await by(`twin-${index}`, index), { status: 200 })
    checkAnswer(await by(`twin-${1 - index}`, index), { status: 401, error: 'invalid_client' })
  }
})

test('T11: a client’s key is none of ours, though it has the name of one', async () => {
  const folder = openFolder()
  const { database } = folder
  const first = await startServer({ database })
  const { keys } = (await (await fetch(first.url('/jwks'))).json()) as { keys: { kid: string }[] }
  await first.close()
  const stolen = keys.map(({ kid }) => ({ ...twinJwk(0), kid }))
  const configuration = { clients: [...CLIENTS, keyed('thief', stolen)] }
  const { port, masterKey } = first
  const own = await startServer({ database, port, masterKey, configuration })
  const theirs = await getTokens(own, 'jwt')
  const mine = es256(twins[0]?.privateKey)
  for (const { kid } of keys) {
    const header = { ...headerOf(theirs.access_token), alg: 'ES256', kid }
    const forged = jws(header, claimsOf(theirs.access_token), mine)
    checkAnswer(await userinfo(own, forged), { status: 401, error: 'invalid_token' })
    expect(await isActive(own, forged, 'jwt')).toBe(false)
    // Where it is the client's own, it is as good as any.
    const assertion = jws({ alg: 'ES256', kid }, claimsFor(own, 'thief'), mine)
    checkAnswer(await assertAt(own, assertion), { status: 200 })
  }
  checkLog(own)
  await own.close()
  folder.remove()
})

test('T11: an ID token is a hint for the client that it was made for', async () => {
  for (const [client, other] of [
    ['cc', 'es'],
    ['es', 'cc'],
  ] as const) {
    await authorizePlace(client).refused(idToken(other))
    const query = new URLSearchParams({ id_token_hint: idToken(other), client_id: client })
    checkErrorPage(await browser.get(server.url(`/logout?${query}`)))
    expect(lastRequest(server)).toMatchObject({ reason: 'hint_other_client' })
  }
  // Nobody was signed out by that.
  const question = await browser.get(server.url('/logout'))
  expect(question.text).toContain('id="sign-out"')
})

test('T12: 100 MB are not waited for', async () => {
  const length = { 'content-length': String(100 * 1024 * 1024) }
  for (const [path, name] of [
    ['/token', 'client_assertion'],
    ['/introspect', 'token'],
    ['/revoke', 'token'],
    ['/userinfo', 'access_token'],
  ]) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...length }
    const answer = await sendRaw(server, path ?? '', { headers, body: `${name}=${LONG}` })
    checkAnswer(answer, { status: 413, error: 'invalid_request' })
  }
  // Whoever still sends when the answer comes may find the connection closed and nothing else.
  const closed = (path: string, headers: Record<string, string> = {}) =>
    sendRaw(server, path, { method: 'GET', headers }).then(
      ({ status }) => expect(status).toBe(431),
      (error: Error) => expect(error.message).toMatch(/hang up|ECONNRESET|EPIPE/),
    )
  for (const path of ['/authorize', '/logout', '/userinfo']) {
    await closed(`${path}?id_token_hint=${LONG}`)
    await closed(path, { authorization: `Bearer ${LONG}` })
  }
})
