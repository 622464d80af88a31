// A token endpoint that always answers the same, for clients to call; it costs as little as it can.

import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'

const BODY = JSON.stringify({
  access_token: 'a'.repeat(43),
  token_type: 'Bearer',
  expires_in: 3600,
  scope: 'api.read',
})
const ANSWER = [
  'HTTP/1.1 200 OK',
  'Content-Type: application/json',
  'Cache-Control: no-store',
  `Content-Length: ${BODY.length}`,
  '',
  BODY,
].join('\r\n')

// Whoever has sent the end of a form has sent all of it: no client here sends a body in pieces.
const server = createServer((socket) => {
  socket.setNoDelay(true)
  let text = ''
  socket.on('data', (data) => {
    text += data.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0)
    if (end < 0 || text.length < end + 4 + length) return
    text = ''
    socket.write(ANSWER)
  })
  socket.on('error', () => {})
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
