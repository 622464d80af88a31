// Replays what an SDK really sent: the same headers, names, order and encoding, with our values in it.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Answer } from '../door/browser.ts'
import { sendRaw } from '../door/raw.ts'
import type { TestServer } from '../door/server.ts'

/** A request of an SDK, with names in braces where values of a run stand. */
export type Recording = {
  /** The SDK, its version, and what was called. */
  name: string
  method: string
  path: string
  headers: readonly (readonly [name: string, value: string])[]
  body: string
}

/** What stands in the braces. */
export type Values = Readonly<Record<string, string>>

const read = (text: string): Recording => {
  const [name = '', first = '', ...lines] = text.trim().split('\n')
  const [method = '', path = ''] = first.split(' ')
  const end = lines.indexOf('')
  const head = end < 0 ? lines : lines.slice(0, end)
  const headers = head.map((line) => {
    const at = line.indexOf(':')
    return [line.slice(0, at), line.slice(at + 1).trim()] as const
  })
  return { name, method, path, headers, body: end < 0 ? '' : lines.slice(end + 1).join('\n') }
}

/** The recordings of a dialect's SDKs. */
export const readRecordings = (dialect: string): Recording[] => {
  const file = fileURLToPath(new URL(`recordings/${dialect}.http`, import.meta.url))
  return readFileSync(file, 'utf8').split('\n### ').slice(1).map(read)
}

/** The one recording whose name ends so. */
export const recordingOf = (recordings: readonly Recording[], end: string): Recording => {
  const found = recordings.filter(({ name }) => name.endsWith(end))
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} recordings end in ${end}`)
  return found[0]
}

/** A text with its braces filled. */
export const fill = (text: string, values: Values, encode: (value: string) => string): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`no value for {${name}}`)
    return encode(value)
  })

/** Form encoding as Python's urlencode does it. */
export const plus = (value: string): string =>
  encodeURIComponent(value)
    .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')

/** How a recording's body spells a value: as a form does, or inside a JSON text. */
export const encodingOf = ({ headers }: Recording): ((value: string) => string) => {
  const [, type = ''] = headers.find(([name]) => name.toLowerCase() === 'content-type') ?? []
  return type.startsWith('application/json') ? (one) => JSON.stringify(one).slice(1, -1) : plus
}

/** Sends a recording with these values; below `at` where its dialect is mounted under a prefix. */
export const replay = (
  server: TestServer,
  recording: Recording,
  values: Values,
  at = '',
): Promise<Answer> => {
  const body = fill(recording.body, values, encodingOf(recording))
  const length = String(Buffer.byteLength(body))
  const own = { host: new URL(server.origin).host, length, ...values }
  const headers = recording.headers.map(([name, value]) => [name, fill(value, own, String)])
  const { method, path } = recording
  return sendRaw(server, at + path, { method, headers: Object.fromEntries(headers), body })
}
