// A host on loopback that publishes documents, or whatever else a test has it do.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'

/** What a publisher does with a request; by default it answers 404. */
export type Publish = (request: IncomingMessage, response: ServerResponse) => void

/** A running publisher. */
export type Publisher = {
  port: number
  /** How many connections were ever made to it, and how many at once at the most. */
  connections: number
  mostAtOnce: number
  /** The paths that were asked for, in order. */
  asked: string[]
  publish: Publish
  close(): Promise<void>
}

/** Where a publisher stands: loopback and a free port if nothing is said. */
export type Place = { host?: string; port?: number; tls?: { key: string; cert: string } }

/** Starts a publisher. */
export const startPublisher = async (place: Place = {}): Promise<Publisher> => {
  const handle: Publish = (request, response) => {
    publisher.asked.push(request.url ?? '')
    publisher.publish(request, response)
  }
  const server = place.tls ? createTlsServer(place.tls, handle) : createServer(handle)
  const publisher = await listen(server, place, () => server.closeAllConnections())
  return publisher
}

/** Starts a listener that counts who connects and says nothing; 0 is what it should count. */
export const startCanary = (place: Place = {}): Promise<Publisher> =>
  listen(
    createTcpServer((socket) => socket.destroy()),
    place,
    () => {},
  )

const listen = async (
  server: Server,
  { host = '127.0.0.1', port = 0 }: Place,
  hangUp: () => void,
): Promise<Publisher> => {
  const publisher: Publisher = {
    port: 0,
    connections: 0,
    mostAtOnce: 0,
    asked: [],
    publish: (_, response) => response.writeHead(404).end(),
    close: () => {
      hangUp()
      return new Promise((done) => server.close(() => done()))
    },
  }
  let now = 0
  server.on('connection', (socket) => {
    publisher.connections++
    publisher.mostAtOnce = Math.max(publisher.mostAtOnce, ++now)
    socket.on('close', () => now--)
    socket.on('error', () => {})
  })
  await new Promise<void>((done) => server.listen(port, host, done))
  publisher.port = (server.address() as AddressInfo).port
  return publisher
}

/** Publishes one JSON document at every path. */
export const json =
  (document: unknown, headers: Record<string, string> = {}): Publish =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers })
    response.end(typeof document === 'string' ? document : JSON.stringify(document))
  }
