// Mutations of requests: seeded, so that a number says again what was sent.

import type { Wire, WireAnswer } from './wire.ts'

/** Pairs of names and values, in the order in which they are sent. */
export type Pairs = [name: string, value: string][]

/** A request that can still be changed; `params` is the body, a form or a JSON object. */
export type Draft = {
  /** Which operation or page it is for; only for reports. */
  name: string
  method: string
  path: string
  query: Pairs
  headers: Pairs
  kind: 'form' | 'json' | 'none'
  params: Pairs
  /** Text that goes instead of the body made of `params`. */
  body?: string
  /** True when values may stand where an answer repeats them: nobody else's secret is told then. */
  moved: boolean
  /** Sent in chunks, or hung up on before it is whole. */
  way?: 'chunked' | 'cut'
}

/** A source of choices. */
export type Dice = {
  /** A whole number below `count`. */
  below(count: number): number
  one<T>(list: readonly T[]): T
}

/** Dice that always fall alike for the same seed. */
export const openDice = (seed: number): Dice => {
  let state = seed >>> 0
  // The mulberry32 generator: 32 bits of state, good enough to choose with.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (count: number): number => (count > 0 ? next() % count : 0)
  return {
    below,
    one: (list) => {
      const found = list[below(list.length)]
      if (found === undefined) throw new Error('nothing to choose from')
      return found
    },
  }
}

const LONG = 'a'.repeat(70_000)
const DEEP = '['.repeat(5000) + ']'.repeat(5000)
const OBJECTS = `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`

/** Values that somebody somewhere has fallen over. */
export const VALUES: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\x1b[31m',
  '\r\nset-cookie: x=1',
  '%',
  '%zz',
  '%00',
  '%c0%ae',
  '%25',
  '\u{1f600}'.repeat(40),
  '\u202e\u0000\ufeff',
  'ａ',
  '-1',
  '0',
  '1e400',
  '9'.repeat(400),
  '9007199254740993',
  'NaN',
  'null',
  'true',
  '[]',
  '{}',
  '{"sub":{"value":1}}',
  '{"userinfo":{"__proto__":{"x":1}},"id_token":[]}',
  '{"userinfo":null}',
  OBJECTS,
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  "' OR 1=1 --",
  '"><script>alert(1)</script>',
  '../../etc/passwd',
  '//evil.test',
  'https://evil.test/cb',
  'javascript:alert(1)',
  'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.',
  'eyJhbGciOiJFUzI1NiJ9.bm90IGpzb24.AAAA',
  'a.b.c.d',
  '..',
  '=',
  '&&==&',
  'openid openid  openid',
  'none login consent',
  'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  'A'.repeat(43),
  'pc_',
  `pr_${'A'.repeat(43)}`,
  'x'.repeat(2000),
  LONG,
]

const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '',
  'a b',
  'ａ',
  '%',
  'client_id[]',
  'length',
]
const TYPES = [
  'application/x-www-form-urlencoded',
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded; charset=latin1',
  'multipart/form-data; boundary=x',
  'text/plain',
  'APPLICATION/JSON;',
  'application/json, text/plain',
  '/',
  'x',
  '',
]
const METHODS = 'GET HEAD POST PUT DELETE PATCH OPTIONS TRACE PROPFIND QUERY get FOO'.split(' ')
const HEADERS: Pairs = [
  ['accept', 'text/html'],
  ['accept', '\0'],
  ['accept-language', 'de-DE;q=x,*;q=9,__proto__'],
  ['accept-language', 'x'.repeat(3000)],
  ['authorization', 'Basic'],
  ['authorization', 'Basic !!!'],
  ['authorization', 'Basic OjpA'],
  ['authorization', 'Basic /////w=='],
  ['authorization', 'Bearer'],
  ['authorization', 'Bearer '],
  ['authorization', `Bearer ${'A'.repeat(9000)}`],
  ['authorization', 'Negotiate abc'],
  ['connection', 'close'],
  ['connection', 'upgrade'],
  ['upgrade', 'websocket'],
  ['content-encoding', 'gzip'],
  ['content-encoding', 'identity, br'],
  ['cookie', '='],
  ['cookie', ';;;=%zz; __proto__=1'],
  ['cookie', `a=${'b'.repeat(8000)}`],
  ['expect', '100-continue'],
  ['expect', 'nonsense'],
  ['host', 'evil.test'],
  ['host', '[::1'],
  ['if-none-match', '*'],
  ['origin', 'null'],
  ['origin', 'https://evil.test'],
  ['origin', 'https://rp.test'],
  ['access-control-request-method', 'POST'],
  ['range', 'bytes=0-0,-1'],
  ['sec-fetch-site', 'cross-site'],
  ['te', 'trailers'],
  ['user-agent', '\xff\xfe'.repeat(400)],
  ['user-agent', '\x1b[2J'],
  ['x-forwarded-for', '1.2.3.4, ::ffff:5, x'],
  ['x-http-method-override', 'DELETE'],
  ['x-long', 'x'.repeat(40_000)],
]

const flip = (dice: Dice, text: string): string => {
  if (text === '') return '\x80'
  const at = dice.below(text.length)
  const other = String.fromCharCode(text.charCodeAt(at) ^ (1 << dice.below(8)))
  return text.slice(0, at) + other + text.slice(at + 1)
}

const cut = (dice: Dice, text: string): string => text.slice(0, dice.below(text.length + 1))

const at = (dice: Dice, list: Pairs): number => dice.below(list.length)

/** All that a draft says by name: in its query, or in its body. */
const listOf = (dice: Dice, { query, params }: Draft): Pairs =>
  params.length === 0 || (query.length > 0 && dice.below(2)) ? query : params

/** A value of the list; one that looks like a token is somebody's own when it is repeated. */
const strange = (draft: Draft, dice: Dice): string => {
  const value = dice.one(VALUES)
  if (/^(p[a-z]_|eyJ)/.test(value)) draft.moved = true
  return value
}

type Mutation = (draft: Draft, dice: Dice, known: readonly string[]) => void

const withPair = (draft: Draft, dice: Dice, work: (pair: Pairs[number]) => void): void => {
  const list = listOf(dice, draft)
  const pair = list[at(dice, list)]
  if (pair) work(pair)
}

const textOf = (draft: Draft): string => draft.body ?? bodyOf(draft)

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'another method': (draft, dice) => {
    draft.method = dice.one(METHODS)
  },
  'a strange value': (draft, dice) =>
    withPair(draft, dice, (pair) => {
      pair[1] = strange(draft, dice)
    }),
  'a bit of a value': (draft, dice) =>
    withPair(draft, dice, (pair) => {
      pair[1] = flip(dice, pair[1])
    }),
  'a piece of a value': (draft, dice) =>
    withPair(draft, dice, (pair) => {
      pair[1] = cut(dice, pair[1])
    }),
  'a parameter twice': (draft, dice) => {
    const list = listOf(dice, draft)
    const pair = list[at(dice, list)]
    if (pair) list.push([pair[0], dice.below(2) ? pair[1] : strange(draft, dice)])
  },
  'a parameter less': (draft, dice) => {
    const list = listOf(dice, draft)
    list.splice(at(dice, list), 1)
  },
  'a parameter more': (draft, dice, known) => {
    listOf(dice, draft).push([dice.one(known), strange(draft, dice)])
  },
  'another name': (draft, dice, known) =>
    withPair(draft, dice, (pair) => {
      draft.moved = true
      pair[0] = dice.one([...NAMES, dice.one(known), pair[0].toUpperCase(), `${pair[0]}\0`])
    }),
  'values that change places': (draft, dice) => {
    draft.moved = true
    const all = [...draft.query, ...draft.params]
    const [one, other] = [dice.one([...all, ['', '']]), dice.one([...all, ['', '']])]
    const kept = one[1] ?? ''
    one[1] = other[1] ?? ''
    other[1] = kept
  },
  'a parameter at another place': (draft, dice) => {
    draft.moved = true
    const [from, to] = dice.below(2) ? [draft.query, draft.params] : [draft.params, draft.query]
    to.push(...from.splice(at(dice, from), 1))
    if (draft.kind === 'none') draft.kind = 'form'
  },
  'the other kind of body': (draft) => {
    draft.kind = draft.kind === 'json' ? 'form' : 'json'
  },
  'another type': (draft, dice) => setHeader(draft, 'content-type', dice.one(TYPES)),
  'a strange header': (draft, dice) => setHeader(draft, ...dice.one(HEADERS)),
  'a header twice': (draft, dice) => {
    draft.headers.push([...dice.one([...draft.headers, ...HEADERS])])
  },
  'a header less': (draft, dice) => {
    draft.headers.splice(at(dice, draft.headers), 1)
  },
  'a bit of a header': (draft, dice) => {
    const pair = draft.headers[at(dice, draft.headers)]
    if (pair) pair[1] = flip(dice, pair[1])
  },
  'a header that stands in another': (draft, dice) => {
    draft.moved = true
    const [from, to] = [at(dice, draft.headers), at(dice, draft.headers)].map(
      (one) => draft.headers[one],
    )
    if (from && to) to[1] = from[1]
  },
  'a bit of the path': (draft, dice) => {
    draft.moved = true
    draft.path = flip(dice, draft.path)
  },
  'a strange path': (draft, dice) => {
    const { path } = draft
    const slash = path.lastIndexOf('/')
    draft.path = dice.one([
      `${path}/`,
      `/${path}`,
      `${path}.css`,
      `${path}%00`,
      `${path};x=1`,
      `${path}/..`,
      `/..${path}`,
      `${path}%2f`,
      `${path}%`,
      `${path}%zz`,
      `${path}#x`,
      path.toUpperCase(),
      `${path.slice(0, slash)}/${encodeURIComponent(strange(draft, dice))}`,
      `${path.slice(0, slash)}/%ff%fe`,
      `http://evil.test${path}`,
      '*',
      '/',
      path + '/x'.repeat(900),
    ])
  },
  'a bit of the body': (draft, dice) => {
    draft.moved = true
    draft.body = flip(dice, textOf(draft))
  },
  'a piece of the body': (draft, dice) => {
    draft.body = cut(dice, textOf(draft))
  },
  'a strange body': (draft, dice) => {
    draft.body = dice.one([
      DEEP,
      OBJECTS,
      strange(draft, dice),
      `${textOf(draft)}&`,
      `\ufeff${textOf(draft)}`,
    ])
  },
  'JSON of another shape': (draft, dice) => {
    draft.kind = 'json'
    const values = ['1e400', '-0', 'null', 'true', '[]', '{}', '["a",["b"]]', DEEP, OBJECTS]
    const name = draft.params[at(dice, draft.params)]?.[0] ?? 'grant_type'
    const said = draft.params.map((pair) => pair.map((one) => JSON.stringify(one)).join(':'))
    draft.body = `{${[...said, `${JSON.stringify(name)}:${dice.one(values)}`].join()}}`
    if (dice.below(2)) draft.body = draft.body.replace(/:"[^"]*"/, `:${dice.one(values)}`)
  },
  chunks: (draft) => {
    draft.way = 'chunked'
  },
  'a caller that hangs up': (draft) => {
    draft.way = 'cut'
  },
}

const setHeader = (draft: Draft, name: string, value: string): void => {
  draft.headers = [...draft.headers.filter((pair) => pair[0] !== name), [name, value]]
}

/** Changes a draft in up to four ways; `known` are names of fields. */
export const mutate = (draft: Draft, dice: Dice, known: readonly string[]): string[] => {
  const names = Object.keys(MUTATIONS)
  return Array.from({ length: dice.below(5) }, () => {
    const name = dice.one(names)
    MUTATIONS[name]?.(draft, dice, known)
    return name
  })
}

const formOf = (pairs: Pairs): string => new URLSearchParams(pairs).toString()

const bodyOf = ({ kind, params }: Draft): string => {
  if (kind === 'none') return ''
  return kind === 'form' ? formOf(params) : JSON.stringify(Object.fromEntries(params))
}

// A line break in the head would make two requests of one; only their number must stay clear.
const oneLine = (text: string): string => text.replace(/[\r\n]/g, ' ')

/** The bytes of a draft, with a length that is true. */
export const bytesOf = (draft: Draft): Buffer => {
  const { method, path, query, way } = draft
  const text = textOf(draft)
  const isBinary = draft.body !== undefined && /^[\0-\xff]*$/.test(text)
  const body = Buffer.from(text, isBinary ? 'latin1' : 'utf8')
  const headers = [...draft.headers]
  const types = { form: TYPES[0] ?? '', json: TYPES[1] ?? '', none: '' }
  if (!headers.some(([name]) => name === 'content-type') && types[draft.kind] !== '') {
    headers.push(['content-type', types[draft.kind]])
  }
  const isChunked = way === 'chunked' && body.length > 0
  if (isChunked) headers.push(['transfer-encoding', 'chunked'])
  else if (body.length > 0) headers.push(['content-length', String(body.length)])
  const target = oneLine(path) + (query.length > 0 ? `?${formOf(query)}` : '')
  const lines = headers.map(([name, value]) => `${oneLine(name)}: ${oneLine(value)}`)
  const head = [`${method} ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'utf8'), isChunked ? chunksOf(body) : body])
}

const chunksOf = (body: Buffer): Buffer => {
  const middle = Math.ceil(body.length / 2)
  const parts = [body.subarray(0, middle), body.subarray(middle)].filter((one) => one.length > 0)
  const chunks = parts.flatMap((part) => [`${part.length.toString(16)}\r\n`, part, '\r\n'])
  return Buffer.concat([...chunks, '0\r\n\r\n'].map((one) => Buffer.from(one)))
}

/** Sends a draft; undefined for one that hung up. */
export const sendDraft = async (wire: Wire, draft: Draft): Promise<WireAnswer | undefined> => {
  const bytes = bytesOf(draft)
  if (draft.way === 'cut') {
    await wire.abandon(bytes.subarray(0, Math.ceil(bytes.length / 2)))
    return undefined
  }
  return wire.send(bytes, draft.method === 'HEAD')
}
