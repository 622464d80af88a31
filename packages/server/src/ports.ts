// Ports: which of them somebody may listen on.

import { createServer } from 'node:net'

/** Listens for a moment, and answers the port; 0 asks for any. Throws what listening throws. */
export function probe({ host, port }: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(port, host, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** A port that nobody listens on at this moment. */
export function freePort(host: string): Promise<number> {
  return probe({ host, port: 0 })
}
