// The live flow at a real Chromium: it draws what happens, opens to the raw, and steers the server.

import { DIALECTS } from '@patois/core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { inspect, openPerson } from '../door/chromium.ts'
import { driven } from '../door/emulator.ts'
import { SECRETS } from '../door/fixtures.ts'
import { startServer } from '../door/server.ts'
import { people, setStage, stage } from '../door/stage.ts'

setStage(() => ({
  demo: true,
  unchecked: 'what was decided about a request whose answer is lost on purpose has no answer',
  configuration: { dialects: DIALECTS.map(({ name }) => name) },
}))

const open = async (page: Page, query = ''): Promise<void> => {
  await page.goto(stage.server.url(`/dev${query}`))
}

/** The page as it is from now on, with nothing of what was before. */
const begin = async (page: Page): Promise<void> => {
  await open(page, '?clear')
  await page.waitForSelector('#live.on')
}

const token = (secret = SECRETS.cc): Promise<Response> =>
  fetch(stage.server.url('/token'), {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`cc:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })

type Drawn = { text: string; from: number; to: number }

/** The arrows of the diagram as a person sees them: which of the four lanes they lead to. */
const arrows = (page: Page): Promise<Drawn[]> =>
  page.evaluate(() => {
    const heads = [...document.querySelectorAll('.heads span')].map((head) => {
      const { left, width } = head.getBoundingClientRect()
      return left + width / 2
    })
    const nearest = (x: number) => heads.findIndex((head) => Math.abs(head - x) < 3)
    return [...document.querySelectorAll('.arrow')].map((one) => {
      const { left, right } = one.getBoundingClientRect()
      const ends = [nearest(left), nearest(right)]
      const [from = -1, to = -1] = one.classList.contains('right') ? ends : ends.toReversed()
      const [, ...shown] = [...one.children].map(({ textContent }) => textContent)
      return { text: shown.join(' '), from, to }
    })
  })

const [BROWSER, CLIENT, SERVER, RESOURCE] = [0, 1, 2, 3]

describe('the flow', () => {
  const at = people()

  test('draws a sign-in as it happens, from lane to lane', async () => {
    const { page, context } = at
    await begin(page)
    expect(await page.isVisible('.empty')).toBe(true)
    const other = await context.newPage()
    await other.goto(stage.server.url('/dev/play'))
    for (const step of ['authorize', 'authorization_code', 'userinfo', 'introspect']) {
      const done = other.waitForResponse((one) => one.url().endsWith('/dev/play'))
      await other.click(`form[data-step=${step}] button[type=submit]`)
      await done
      await other.waitForSelector(`form[data-step=${step}]:not([aria-busy])`)
    }
    await other.close()
    await expect.poll(() => page.locator('.call').count()).toBe(4)
    expect(await page.isVisible('.empty')).toBe(false)
    expect(await arrows(page)).toEqual([
      { text: 'authorize GET /authorize', from: BROWSER, to: SERVER },
      { text: '303', from: SERVER, to: BROWSER },
      { text: 'code', from: BROWSER, to: CLIENT },
      { text: 'authorization_code POST /token', from: CLIENT, to: SERVER },
      { text: '200', from: SERVER, to: CLIENT },
      { text: 'userinfo GET /userinfo', from: CLIENT, to: RESOURCE },
      { text: '200', from: RESOURCE, to: CLIENT },
      { text: 'introspect POST /introspect', from: RESOURCE, to: SERVER },
      { text: '200', from: SERVER, to: RESOURCE },
    ])
    await inspect(page, 'dev-flow')
  })

  test('a row opens by the keyboard to the raw request and answer, and to where tokens came from', async () => {
    const { page } = at
    await open(page, '?operation=token')
    const row = page.locator('.call', { hasText: 'authorization_code' }).first()
    await row.locator('summary').focus()
    await page.keyboard.press('Enter')
    const raw = await row.locator('.opened').innerText()
    expect(raw).toContain('POST /token')
    expect(raw).toContain('200 OK')
    expect(raw).toContain('"token_type": "Bearer"')
    expect(raw).toMatch(/Reason\s+ok/)
    expect(raw).toMatch(/refresh_token \S+ ← \S+ family/)
    for (const secret of stage.server.secrets) expect(raw).not.toContain(secret)
    await inspect(page, 'dev-flow-opened')
  })

  test('what is refused says why, here and on its page', async () => {
    const { page } = at
    await begin(page)
    expect((await token('wrong')).status).toBe(401)
    await page.waitForSelector('.call.refused')
    expect(await arrows(page)).toContainEqual({
      text: '401 client_secret_wrong',
      from: SERVER,
      to: CLIENT,
    })
    await page.click('.call summary')
    await page.click('text=Why was this refused?')
    expect(await page.textContent('#found')).toContain('secret')
  })

  test('moves the clock, and tokens are over', async () => {
    const { page } = at
    const { access_token } = (await (await token()).json()) as { access_token: string }
    const isActive = async () => {
      const answer = await fetch(stage.server.url('/introspect'), {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`cc:${SECRETS.cc}`)}` },
        body: new URLSearchParams({ token: access_token }),
      })
      return ((await answer.json()) as { active: boolean }).active
    }
    expect(await isActive()).toBe(true)
    await open(page)
    await page.click('text=Freeze')
    await page.waitForSelector('#frozen:visible')
    const before = Number(await page.getAttribute('#clock', 'data-now'))
    await page.click('text=+1 d')
    await expect.poll(() => page.getAttribute('#clock', 'data-now')).toBe(String(before + 86_400))
    expect(await driven(stage.server, 'GET', '/clock')).toMatchObject({
      now: before + 86_400,
      frozen: true,
    })
    expect(await isActive()).toBe(false)
    expect(await page.textContent('#ahead')).toContain('86400')
    // Whoever else moves it, the next request tells.
    await driven(stage.server, 'POST', '/clock', { advance: 60 })
    await token()
    await expect.poll(() => page.getAttribute('#clock', 'data-now')).toBe(String(before + 86_460))
    await page.fill('#by', 'never')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.textContent('#clock-status')).toContain('duration')
    await page.click('text=Let it run')
    await page.waitForSelector('#frozen', { state: 'hidden' })
  })

  test('decides about consent, and leaves it to the page again', async () => {
    const { page } = at
    await open(page)
    await page.click('button:text-is("Deny")')
    await page.waitForSelector('button[aria-pressed=true] >> text=Deny')
    expect(await driven(stage.server, 'GET', '/consent')).toEqual({ mode: 'deny' })
    await page.click('button:text-is("Ask")')
    await page.waitForSelector('button[aria-pressed=true] >> text=Ask')
    expect(await driven(stage.server, 'GET', '/consent')).toEqual({ mode: 'ask' })
  })

  test('a fault that is set here hits the next request, and is gone', async () => {
    const { page } = at
    await begin(page)
    await page.selectOption('select[name=sample]', { label: 'Too busy, with Retry-After' })
    await page.selectOption('#fault select[name=operation]', 'token')
    await page.fill('#fault input[name=client]', 'cc')
    await page.click('text=Script it')
    await page.waitForSelector('.waiting li')
    expect(await page.textContent('.waiting')).toContain('token · cc · 1×')
    const hit = await token()
    expect([hit.status, hit.headers.get('retry-after')]).toEqual([503, '5'])
    await page.waitForSelector('.waiting', { state: 'detached' })
    expect(await page.textContent('.call .tags')).toContain('Fault')
    expect((await token()).status).toBe(200)
  })

  test('a lost answer is drawn as one, also to a step of the playground', async () => {
    const { page, context } = at
    await begin(page)
    await page.fill('#fault input[name=times]', '2')
    await page.click('text=Script it')
    await page.waitForSelector('.waiting li')
    await expect(token()).rejects.toThrow()
    await page.waitForSelector('.arrow.lost')
    const other = await context.newPage()
    await other.goto(stage.server.url('/dev/play?grant=client_credentials'))
    await other.click('form[data-step=client_credentials] button[type=submit]')
    await expect.poll(() => other.textContent('.status')).toBe('no answer')
    await other.close()
    await expect.poll(() => page.locator('.arrow.lost').count()).toBe(2)
  })

  test('a fault is taken away, and what is none is told', async () => {
    const { page } = at
    await begin(page)
    await page.fill('#fault textarea', '{"kind":"nothing"}')
    await page.click('text=Script it')
    await expect
      .poll(() => page.textContent('#fault-status'))
      .toContain('fault.kind: must be one of')
    await page.fill('#fault textarea', '{')
    await page.click('text=Script it')
    await expect.poll(() => page.textContent('#fault-status')).toContain('SyntaxError')
    await page.fill('#fault textarea', '{"kind":"drop"}')
    await page.fill('#fault input[name=times]', '')
    await page.click('text=Script it')
    await page.click('.waiting button')
    await page.waitForSelector('.waiting', { state: 'detached' })
    expect((await token()).status).toBe(200)
  })

  test('is filtered, cleared, and copied as Mermaid', async () => {
    const { page, context } = at
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await begin(page)
    await token()
    await token('wrong')
    await fetch(stage.server.url('/jwks'))
    await expect.poll(() => page.locator('.call').count()).toBe(3)
    await page.reload()
    await page.selectOption('#filter select[name=operation]', 'token')
    await page.click('#filter button')
    await page.waitForURL('**operation=token**')
    await page.waitForSelector('#live.on')
    expect(await page.locator('.call').count()).toBe(2)
    await fetch(stage.server.url('/jwks'))
    await token()
    await expect.poll(() => page.locator('.call').count()).toBe(3)
    await page.click('.tools >> text=As Mermaid')
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await expect
      .poll(async () => (await copied()).trimEnd().split('\n'))
      .toEqual([
        'sequenceDiagram',
        '  participant browser as Browser',
        '  participant client as Client',
        '  participant server as Server',
        '  participant resource as Resource',
        '  client->>server: client_credentials POST /token',
        '  server-->>client: 200',
        '  client->>server: client_credentials POST /token',
        '  server-->>client: 401 client_secret_wrong',
        '  client->>server: client_credentials POST /token',
        '  server-->>client: 200',
      ])
    await page.click('text=Clear')
    expect(await page.locator('.call').count()).toBe(0)
    await open(page, '?after=999999')
    expect(await page.locator('.call').count()).toBeGreaterThan(0)
  })
})

describe('without scripts', () => {
  const at = people({ scripts: false, locale: 'de-DE' })

  test('the journal is a list that opens, and no control that does nothing', async () => {
    const { page } = at
    await token()
    await open(page, '?operation=token')
    expect(await page.textContent('h1')).toBe('Ablauf')
    await page.click('.call >> nth=-1 >> summary')
    expect(await page.locator('.call >> nth=-1').innerText()).toContain('POST /token')
    expect(await page.locator('aside button:visible').count()).toBe(0)
    await page.click('text=Als Mermaid')
    expect(await page.textContent('body')).toContain('sequenceDiagram')
  })
})

test('a server that comes again is drawn again, though it counts from 1', async () => {
  const first = await startServer({ demo: true })
  const { page, close } = await openPerson(stage.chromium)
  for (let times = 0; times < 3; times++) await fetch(first.url('/jwks'))
  await page.goto(first.url('/dev'))
  await page.waitForSelector('#live.on')
  expect(await page.locator('.call').count()).toBe(3)
  await first.close()
  await expect.poll(() => page.textContent('#live')).toBe('Not connected')
  const second = await startServer({ demo: true, port: first.port })
  await page.waitForSelector('#live.on')
  await fetch(second.url('/jwks'))
  await expect.poll(() => page.locator('.call .seq').allInnerTexts()).toHaveLength(1)
  await close()
  await second.close()
})
