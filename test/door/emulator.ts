// How tests drive dev mode's API at a server of theirs.

import type { Door } from './server.ts'

/** What the API answered. */
export type Driven = { status: number; body: Record<string, unknown> }

/** Calls the API as a program of this machine does. */
export const drive = async (
  server: Door,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<Driven> => {
  const answer = await fetch(server.url(`/dev${path}`), {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

/** The same for calls that are to succeed: their answer alone. */
export const driven = async <T = Record<string, unknown>>(
  ...[server, method, path, body]: Parameters<typeof drive>
): Promise<T> => {
  const answer = await drive(server, method, path, body)
  if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`)
  return answer.body as T
}
