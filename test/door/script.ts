// A server on loopback that answers by a script: each call with the next answer, the last for good.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { type Publisher, startPublisher } from './publisher.ts'

/** A call as it came. */
export type ScriptedCall = {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** What is answered to a call; `hang` and `reset` answer nothing, `cut` less than was promised. */
export type Line =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  | 'hang'
  | 'reset'
  | 'cut'

/** A running server. */
export type Script = {
  origin: string
  calls: ScriptedCall[]
  /** Answers with these from now on, and forgets the calls. */
  play(...lines: readonly (Line | ((call: ScriptedCall) => Line))[]): void
  close(): Promise<void>
}

const read = async (request: IncomingMessage): Promise<string> => {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  return body
}

const say = (line: Line, response: ServerResponse): void => {
  if (line === 'hang') return
  if (line === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  if (line === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('{"access_token":"at')
    setTimeout(() => response.destroy(), 20)
    return
  }
  const { status = 200, headers = {}, body = '' } = line
  const isText = typeof body === 'string'
  response.writeHead(status, { ...(!isText && { 'content-type': 'application/json' }), ...headers })
  response.end(isText ? body : JSON.stringify(body))
}

/** Starts a server. */
export const startScript = async (): Promise<Script> => {
  const publisher: Publisher = await startPublisher()
  let lines: readonly (Line | ((call: ScriptedCall) => Line))[] = []
  const script: Script = {
    origin: `http://127.0.0.1:${publisher.port}`,
    calls: [],
    play: (...next) => {
      lines = next
      script.calls.length = 0
    },
    close: () => publisher.close(),
  }
  publisher.publish = async (request, response) => {
    const { method = '', url = '', headers } = request
    const call = { method, path: url, headers, body: await read(request) }
    script.calls.push(call)
    const line = lines[Math.min(script.calls.length, lines.length) - 1] ?? { status: 404 }
    say(typeof line === 'function' ? line(call) : line, response)
  }
  return script
}

/** A sound token answer. */
export const TOKENS = {
  body: { access_token: 'at-secret', token_type: 'Bearer', expires_in: 3600, scope: 'a b' },
}
