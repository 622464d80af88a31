// Dev mode as a newcomer meets it: the real command in an empty folder, a shell, and a browser.

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DIALECTS } from '@patois/core'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inspect, openPerson, startChromium } from '../door/chromium.ts'
import { paste, runToEnd, type Started, start } from '../door/cli.ts'
import { freePort } from '../door/server.ts'

const LAST_LINE = 'Ctrl+C stops the server.'
const DATABASE = 'sqlite:data/p.db'

let cwd: string
let port: number
let issuer: string
let running: Started
let chromium: Browser

const dev = (...more: string[]) => ['dev', '--port', String(port), '--database', DATABASE, ...more]

const linesOf = (text: string): string[] =>
  text.split('\n').filter((line) => line.startsWith('  curl '))

/** The client and the user that were printed. */
const seedOf = (text: string) => {
  const [, client = '', secret = ''] = /client {2}(\S+) +secret +(\S+)/.exec(text) ?? []
  const [, user = '', password = ''] = /user +(\S+) +password +(\S+)/.exec(text) ?? []
  return { client, secret, user, password }
}

const introspect = async (token: string): Promise<Record<string, unknown>> => {
  const { client, secret } = seedOf(running.printed.out)
  const response = await fetch(`${issuer}/introspect`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client}:${secret}`)}` },
    body: new URLSearchParams({ token }),
  })
  return (await response.json()) as Record<string, unknown>
}

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'patois-dev-'))
  port = await freePort()
  issuer = `http://127.0.0.1:${port}`
  const [began, browser] = [performance.now(), startChromium()]
  running = start(dev(), { cwd })
  await running.until(LAST_LINE)
  expect(performance.now() - began).toBeLessThan(15_000)
  chromium = await browser
})
afterAll(async () => {
  await running?.stop()
  await chromium?.close()
  rmSync(cwd, { recursive: true, force: true })
})

describe('the first start', () => {
  test('prints the address, a client, a user and lines', () => {
    const { out, err } = running.printed
    expect(err).toBe('')
    expect(out).toContain(`Patois is ready at ${issuer} (dev mode: this machine only)\n`)
    expect(seedOf(out)).toEqual({
      client: 'demo',
      secret: expect.stringMatching(/^[\w-]{43}$/),
      user: 'alice',
      password: expect.stringMatching(/^[\w-]{12}$/),
    })
    for (const { name } of DIALECTS) expect(out).toContain(`# ${name}, authorization_code`)
  })

  test('secrets lie in files that nobody else may read', () => {
    const files = readdirSync(join(cwd, 'data'), { withFileTypes: true })
    for (const { name } of files) {
      const mode = statSync(join(cwd, 'data', name)).mode & 0o777
      expect([name, mode.toString(8)]).toEqual([name, '600'])
    }
  })

  test('an error answer links to a page that explains it', async () => {
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'nobody' }),
    })
    const answer = (await response.json()) as Record<string, string>
    expect(answer.error).toBe('invalid_client')
    const id = response.headers.get('x-request-id')
    expect(answer.error_uri).toBe(`${issuer}/dev/why/client_unknown?request=${id}`)
    const page = await fetch(answer.error_uri ?? '')
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('No client has this client_id.')
  })
})

describe('a browser', () => {
  test('that comes by another name is led to the issuer', async () => {
    const headers = { accept: 'text/html' }
    const there = `http://localhost:${port}/login?x=1`
    const answer = await fetch(there, { headers, redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([307, `${issuer}/login?x=1`])
    const { page, close } = await openPerson(chromium)
    await page.goto(`http://localhost:${port}/`)
    expect(page.url()).toBe(`${issuer}/`)
    await close()
  })

  test('tries a sign-in, and the line that it then shows returns tokens', async () => {
    const { page, close, asked, troubles } = await openPerson(chromium)
    const { user, password } = seedOf(running.printed.out)
    await page.goto(`${issuer}/`)
    const shown = await page.locator('.command code').allTextContents()
    expect(shown).toEqual(linesOf(running.printed.out).map((line) => line.trim()))
    await inspect(page, 'dev-home')
    await page.click('#try')
    await page.fill('#username', user)
    await page.fill('#password', password)
    await page.click('#sign-in')
    expect(await page.textContent('h1')).toBe('Demo asks for access to your account')
    await inspect(page, 'dev-consent')
    await page.click('#allow')
    await page.waitForURL(`${issuer}/dev/callback**`)
    expect(await page.textContent('h1')).toBe('The code has arrived')
    await inspect(page, 'dev-callback')
    const line = (await page.locator('.command code').allTextContents()).at(-1) ?? ''
    expect(await paste(line)).toMatchObject({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      id_token: expect.any(String),
      token_type: 'Bearer',
    })
    expect((await paste(line)).error).toBe('invalid_grant')
    // Somebody else may be signed in at this browser: the button says as whom to sign in.
    await page.goto(`${issuer}/`)
    await page.click('#try')
    expect(await page.locator('#password').count()).toBe(1)
    expect(asked.filter((url) => !url.startsWith(issuer))).toEqual([])
    expect(troubles).toEqual([])
    await close()
  })

  test('sees which scope was left out, on the page and in the terminal', async () => {
    const { page, close } = await openPerson(chromium)
    const { user, password } = seedOf(running.printed.out)
    await page.goto(`${issuer}/`)
    const url = new URL((await page.getAttribute('#try', 'href')) ?? '', issuer)
    url.searchParams.set('prompt', 'consent')
    await page.goto(url.href)
    await page.fill('#username', user)
    await page.fill('#password', password)
    await page.click('#sign-in')
    expect(await page.locator('#dropped').count()).toBe(0)
    const scope = url.searchParams.get('scope') ?? ''
    url.searchParams.set('scope', `${scope} api.raed <b>`)
    await page.goto(url.href)
    expect(await page.textContent('#dropped')).toContain('left out: api.raed <b>. No such scope')
    await inspect(page, 'dev-consent-dropped')
    await running.until('"droppedScope":["api.raed","<b>"]')
    await close()
  })

  test('sees in the terminal what a library keeps to itself: why a call was refused', async () => {
    const body = new URLSearchParams({ grant_type: 'client_credentials' })
    const headers = { authorization: `Basic ${btoa('demo:wrong')}` }
    const { status } = await fetch(`${issuer}/token`, { method: 'POST', headers, body })
    expect(status).toBe(401)
    await running.until(`"why":"${issuer}/dev/why/client_secret_wrong?request=`)
    const [, why = ''] = /"why":"([^"]*client_secret_wrong[^"]*)"/.exec(running.printed.out) ?? []
    expect(await (await fetch(why)).text()).toContain('client_credentials')
    const asked = `${issuer}/authorize?client_id=demo&response_type=code&state=x`
    await fetch(`${asked}&redirect_uri=${issuer}/dev/callback`, { redirect: 'manual' })
    await running.until(`"why":"${issuer}/dev/why/challenge_missing"`)
  })

  test('sees in the terminal what no browser shows: foreign scripts, and a logout that leads nowhere', async () => {
    const warned = () => running.printed.out.match(/origins of its client|no logout leads/g) ?? []
    const ask = (path: string, headers: Record<string, string>) => fetch(issuer + path, { headers })
    const before = warned()
    await ask('/userinfo', { origin: issuer })
    await ask('/jwks', { origin: 'http://localhost:5173' })
    await ask('/logout', {})
    await ask(`/logout?client_id=demo&post_logout_redirect_uri=${issuer}`, {})
    expect(warned()).toEqual(before)
    await ask('/userinfo', { origin: 'http://localhost:5173' })
    await running.until('name it in the origins of its client')
    await ask(`/logout?client_id=demo&post_logout_redirect_uri=${issuer}/bye`, {})
    await running.until('no logout leads to this post_logout_redirect_uri')
    expect(warned()).toHaveLength(before.length + 2)
  })

  test('sees what was denied, what is missing and what was wrong', async () => {
    const { page, close } = await openPerson(chromium)
    const { user, password } = seedOf(running.printed.out)
    await page.goto(`${issuer}/dev/callback`)
    await inspect(page, 'dev-callback-nothing')
    await page.goto(`${issuer}/`)
    const url = new URL((await page.getAttribute('#try', 'href')) ?? '', issuer)
    url.searchParams.set('prompt', 'consent')
    await page.goto(url.href)
    await page.fill('#username', user)
    await page.fill('#password', password)
    await page.click('#sign-in')
    await page.click('#deny')
    await page.waitForURL(`${issuer}/dev/callback?error=access_denied**`)
    await inspect(page, 'dev-callback-denied')
    url.searchParams.set('redirect_uri', 'https://elsewhere.test/cb?a=<b>')
    const answer = await page.goto(url.href)
    expect(answer?.status()).toBe(400)
    const sent = await page.textContent('.details table')
    expect(sent).toContain('https://elsewhere.test/cb?a=<b>')
    expect(sent).toContain('openid profile email offline_access')
    expect(sent).toContain('code_challenge_method')
    expect(await page.textContent('#fix')).toContain(
      'register the one that was sent, byte for byte',
    )
    await inspect(page, 'dev-error')
    await page.goto(`${issuer}/dev/why/secret_in_query`)
    expect(await page.locator('#sent').count()).toBe(0)
    await inspect(page, 'dev-why-reason')
    const { client } = seedOf(running.printed.out)
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: client,
      client_secret: 'a-secret-that-is-wrong',
      code: 'a-code',
      redirect_uri: `${issuer}/dev/callback`,
    })
    const refused = await fetch(`${issuer}/token`, { method: 'POST', body })
    await page.goto(String(((await refused.json()) as { error_uri: string }).error_uri))
    expect(await page.textContent('#sent + table')).not.toContain('a-secret-that-is-wrong')
    await inspect(page, 'dev-why')
    await page.goto(`${issuer}/token`)
    await inspect(page, 'dev-nothing-to-see')
    await close()
  })
})

describe('while it runs', () => {
  test('every printed line returns an access token, as often as it is pasted', async () => {
    for (const line of linesOf(running.printed.out)) {
      for (let times = 0; times < 2; times++) {
        const answer = await paste(line)
        // Wherever its dialect puts it, the token is what bears the mark.
        const [token = ''] = /test_pa_[\w-]+/.exec(JSON.stringify(answer)) ?? []
        expect(await introspect(token)).toMatchObject({
          active: true,
          client_id: 'demo',
        })
      }
    }
  })

  test('a busy port is one sentence with a port that is free', async () => {
    const other = ['dev', '--port', String(port), '--database', 'sqlite:other/p.db']
    const { code, out, err } = await runToEnd(other, { cwd })
    const [, free] =
      /^Port (?:\d+) is in use: stop what listens there, or start with --port (\d+)\.\n$/.exec(
        err,
      ) ?? []
    expect([code, out, Number(free) > 0 && Number(free) !== port]).toEqual([1, '', true])
  })

  test('a second server on the same file is refused in one sentence', async () => {
    const second = String(await freePort())
    const args = ['dev', '--port', second, '--issuer', issuer, '--database', DATABASE]
    const { code, out, err } = await runToEnd(args, { cwd })
    expect([code, out]).toEqual([1, ''])
    const file = join(cwd, 'data/p.db')
    expect(err).toBe(
      `Another server already uses the database ${file}: stop it, or give this server a database of its own.\n`,
    )
  })

  test('an address that others can reach is refused', async () => {
    const { code, out, err } = await runToEnd(dev('--host', '0.0.0.0'), { cwd })
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe(
      'The configuration has one fault:\n  listen.host: must be loopback in dev mode, unless exposed is true\n',
    )
  })
})

describe('afterwards', () => {
  test('a second start keeps secrets and data, and prints the lines again', async () => {
    const token = String((await paste(linesOf(running.printed.out)[0] ?? '')).access_token)
    const first = running.printed.out
    expect(await running.stop('SIGINT')).toEqual({ code: 0, out: first, err: '' })
    running = start(dev(), { cwd })
    await running.until(LAST_LINE)
    // What was logged meanwhile is not for people to copy.
    const printed = first.replace(/^\{.*\}\n/gm, '')
    expect(running.printed.out).toBe(printed)
    expect(await introspect(token)).toMatchObject({ active: true, client_id: 'demo' })
    for (const line of linesOf(first)) {
      expect(JSON.stringify(await paste(line))).toMatch(/"test_pa_[\w-]{43}"/)
    }
  })

  test('W18: its database, and with it every token of it, is refused outside dev mode', async () => {
    await running.stop()
    const file = join(cwd, 'patois.yaml')
    writeFileSync(file, `issuer: ${issuer}\ndatabase: ${DATABASE}\nlisten: { port: ${port} }\n`)
    const env = { PATOIS_MASTER_KEY: 'x'.repeat(32) }
    const { code, out, err } = await runToEnd(['serve', '--config', file], { cwd, env })
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe(
      'The database data/p.db was made in dev mode, but this server runs outside dev mode: run it in dev mode, or use another database.\n',
    )
  })
})
