// Place: a built Patois on a PostgreSQL of its own, with as many people as are needed, and a person's way through it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import {
  answerOf,
  decide,
  formAction,
  hiddenFields,
  openBrowser,
  type TestBrowser,
} from '../../test/door/browser.ts'
import { openLook } from '../../test/door/look.ts'
import { startPostgres } from '../../test/door/postgres.ts'
import { type Contestant, startPatois } from '../speed/contestants.ts'
import { basic, CHALLENGE, OPAQUE, REDIRECT_URI, SCOPE, USER, VERIFIER } from '../speed/given.ts'

/** A server, its database and the way past the server into it. */
export type Place = {
  server: Contestant
  look: pg.Client
  postgresPid: number
  close(): Promise<void>
}

/** The name of a person. */
export function nameOf(person: number): string {
  return `user${person}`
}

/** Starts a Patois that knows these many people; all have the same password. */
export async function openPlace(people: number): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'patois-scale-'))
  const postgres = await startPostgres({ settings: { full_page_writes: 'on' } })
  const database = await postgres.newDatabase()
  const more = Array.from({ length: people }, (_, person) => ({
    username: nameOf(person),
    password: USER.password,
    claims: { email: `${nameOf(person)}@example.org` },
  }))
  const users = [{ username: USER.name, password: USER.password }, ...more]
  const sizes = { families: 1, codes: 0 }
  const server = await startPatois(folder, sizes, { database, configuration: { users } })
  const look = await openLook(database)
  return {
    server,
    look,
    postgresPid: postgres.pid(),
    close: async () => {
      await look.end()
      await server.close()
      await postgres.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Sends a form to an endpoint as the client that has opaque tokens. Throws when it is refused. */
export async function ask(
  { port }: Contestant,
  path: string,
  fields: Record<string, string>,
): Promise<Record<string, unknown>> {
  const body = new URLSearchParams(fields)
  const headers = { authorization: basic(OPAQUE) }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body, headers })
  const answer = (await response.json()) as Record<string, unknown>
  if (response.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`)
  return answer
}

/** Signs a person in, or uses the session of their browser; answers their refresh token. */
export async function signIn(
  server: Contestant,
  person: number,
  browser: TestBrowser = openBrowser(),
): Promise<string> {
  const origin = `http://127.0.0.1:${server.port}`
  const door = { origin, url: (path: string) => origin + path }
  const query = new URLSearchParams({
    client_id: OPAQUE.id,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: SCOPE.codes,
    state: 's',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  })
  let page = await browser.get(door.url(`/authorize?${query}`))
  for (let step = 0; step < 6 && !page.location?.startsWith(REDIRECT_URI); step++) {
    if (page.location) page = await browser.get(new URL(page.location, origin).href)
    else if (page.text.includes('name="password"')) {
      const own = { username: nameOf(person), password: USER.password }
      const fields = { ...hiddenFields(page.text), ...own }
      page = await browser.post(origin + formAction(page.text), fields)
    } else page = await decide(door, browser, page)
  }
  const answer = await ask(server, server.paths.token, {
    grant_type: 'authorization_code',
    code: answerOf(page).get('code') ?? '',
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
  })
  return String(answer.refresh_token)
}
