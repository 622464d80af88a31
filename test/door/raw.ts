// Requests that no well-behaved client sends: repeated headers, missing types, any body.

import { request } from 'node:http'
import type { Answer } from './browser.ts'
import type { TestServer } from './server.ts'

/** What a redirect may be long in all, in bytes: 8 KiB of state grow ninefold in percent-encoding. */
const LONGEST_HEAD = 128 * 1024

/** A request as it goes over the wire; a header with a list of values is sent once for each. */
export type RawRequest = {
  method?: string
  headers?: Record<string, string | string[]>
  body?: string | Uint8Array
}

/** Sends a request to a path below the issuer; an answer that is not JSON has an empty body. */
export const sendRaw = (server: TestServer, path: string, raw: RawRequest): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { method = 'POST', headers = {}, body = '' } = raw
    const length = String(Buffer.byteLength(body))
    const names = Object.keys(headers).map((name) => name.toLowerCase())
    const counted = names.includes('content-length')
    const sent = request(server.url(path), {
      method,
      maxHeaderSize: LONGEST_HEAD,
      headers: { ...headers, ...(length !== '0' && !counted && { 'content-length': length }) },
    })
    // Whoever names the host has said all that there is to say.
    if (names.includes('host') && !names.includes('connection')) sent.removeHeader('connection')
    // A server that refuses a body may close the connection before it has read all of it.
    let answered = false
    sent.on('error', (error) => answered || reject(error))
    sent.on('response', (response) => {
      answered = true
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        const seen = new Headers()
        for (const [name, value] of Object.entries(response.headers)) {
          for (const one of [value ?? []].flat()) seen.append(name, one)
        }
        const json = seen.get('content-type')?.startsWith('application/json')
        const status = response.statusCode ?? 0
        resolve({ status, headers: seen, body: json ? JSON.parse(text) : {} })
      })
    })
    sent.end(body)
  })
