// A replayed call goes over the wire byte by byte as its recording has it.

import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import type { TestServer } from '../door/server.ts'
import { encodingOf, plus, readRecordings, replay } from './replay.ts'

const VALUES = {
  basic: 'Y2lkOnNlY3JldA==',
  client_id: 'id',
  client_secret: 'sec ret/+=&é~',
  code: 'c/1',
  cookie: 'a=b',
  password: 'p',
  redirect_uri: 'https://app.test/cb?x=1',
  refresh_token: 'r',
  token: 't',
  username: 'u',
}

// A header takes no letter beyond Latin-1, and there the secret stands in one.
const PLAIN = { ...VALUES, client_secret: 'sec ret' }

// What Python's urlencode makes of the values above.
const FORM: Record<string, string> = {
  ...VALUES,
  client_secret: 'sec+ret%2F%2B%3D%26%C3%A9~',
  code: 'c%2F1',
}

const ANSWER = 'HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'

for (const dialect of ['bolt', 'apimatic', 'cal', 'ultracart']) {
  test(dialect, async () => {
    const heard: string[] = []
    const listener = createServer((socket) => {
      let text = ''
      socket.on('data', (piece) => {
        text += piece
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1])
        const end = text.indexOf('\r\n\r\n')
        if (end < 0 || text.length < end + 4 + length) return
        heard.push(text)
        socket.end(ANSWER)
      })
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const address = listener.address()
    const host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const origin = `http://${host}`
    const server = { origin, url: (path: string) => origin + path } as TestServer
    for (const recording of readRecordings(dialect)) {
      const isForm = encodingOf(recording) === plus
      const values = isForm ? VALUES : PLAIN
      await replay(server, recording, values)
      const { method, path, headers } = recording
      const encoded: Record<string, string> = isForm ? FORM : PLAIN
      const body = recording.body.replace(/\{(\w+)\}/g, (_, name) => encoded[name] ?? '')
      const own: Record<string, string> = {
        ...values,
        host,
        length: String(Buffer.byteLength(body)),
      }
      const lines = headers.map(
        ([name, value]) => `${name}: ${value.replace(/\{(\w+)\}/g, (_, one) => own[one] ?? '')}`,
      )
      const whole = [`${method} ${path} HTTP/1.1`, ...lines, '', body].join('\r\n')
      expect(heard.at(-1)).toBe(whole)
    }
    await new Promise<void>((resolve) => listener.close(() => resolve()))
  })
}
