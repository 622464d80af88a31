// Bodies: a form or a JSON object, taken apart without losing what came twice.

import { Refusal } from './refusal.ts'

/** What a message brings by name; each name as often as it came. */
export type Values = Map<string, unknown[]>

/** The parts of a message that its body is read from. */
export type BodyOf = {
  method: string
  headers: Readonly<Record<string, string | undefined>>
  body: Uint8Array
}

/** A message with nothing in it. */
export const EMPTY: Values = new Map()

/** The media types of bodies. */
export const TYPES = {
  form: 'application/x-www-form-urlencoded',
  json: 'application/json',
} as const

/** Without one of these a part says what it says; most do, and that is 1 µs less a request. */
const ENCODED = /[%+]/
const UTF_8 = /^charset\s*=\s*"?utf-?8"?$/

function decodePart(text: string): string {
  if (!ENCODED.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new Refusal('body_unreadable')
  }
}

/** Takes form-encoded text apart. Throws a Refusal for what is not UTF-8 in percent-encoding. */
export function parseForm(text: string): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const name = decodePart(at < 0 ? pair : pair.slice(0, at))
    const value = at < 0 ? '' : decodePart(pair.slice(at + 1))
    const known = values.get(name)
    if (known) known.push(value)
    else values.set(name, [value])
  }
  return values
}

// A name that comes twice is lost in a parsed object: the text is read once more for that alone.
function parseJson(text: string): Values {
  const parsed = parseObject(text)
  const values: Values = new Map(Object.entries(parsed).map(([name, value]) => [name, [value]]))
  // What may be names counts no more than members: none came twice, and the walk is spared.
  if ((text.match(/"\s*:/g)?.length ?? 0) <= values.size) return values
  for (const name of topNames(text)) {
    const known = values.get(name.text)
    if (known && name.again) known.push(known[0])
  }
  return values
}

function parseObject(text: string): object {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed
  } catch {
    // Said below, as for anything that is no object.
  }
  throw new Refusal('body_unreadable')
}

// Walks over valid JSON and gives the names of its outermost object, those that came before too.
function topNames(text: string): { text: string; again: boolean }[] {
  const names: { text: string; again: boolean }[] = []
  const seen = new Set<string>()
  let depth = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (depth === 1 && token.endsWith(':')) {
      const name = JSON.parse(token.replace(/\s*:$/, '')) as string
      names.push({ text: name, again: seen.has(name) })
      seen.add(name)
    }
  }
  return names
}

/** True when the body is of this type, in UTF-8 and in no other coding. */
export function isOfType({ headers }: BodyOf, kind: keyof typeof TYPES): boolean {
  if (headers['content-type'] === TYPES[kind] && headers['content-encoding'] === undefined)
    return true
  // These types have no parameters of their own: what a client adds changes nothing.
  const [type, ...parameters] = (headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase())
  const coding = headers['content-encoding'] ?? 'identity'
  return (
    type === TYPES[kind] &&
    coding.toLowerCase() === 'identity' &&
    parameters.every((one) => !one.startsWith('charset') || UTF_8.test(one))
  )
}

/** The body's values, of any of these kinds. Throws a Refusal for another type and for no sense. */
export function readBody(message: BodyOf, kinds: readonly (keyof typeof TYPES)[]): Values {
  if (message.method === 'GET' || message.body.length === 0) return EMPTY
  const kind = kinds.find((one) => isOfType(message, one))
  const rightValues = kinds.map((one) => TYPES[one])
  if (!kind) throw new Refusal('body_type_wrong', { rightValues })
  const text = decode(message.body)
  return kind === 'form' ? parseForm(text) : parseJson(text)
}

// Pure, so that a client's bundle goes without it.
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(body: Uint8Array): string {
  try {
    return decoder.decode(body)
  } catch {
    throw new Refusal('body_unreadable')
  }
}
