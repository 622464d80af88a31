// Every page at a real Chromium, in light and dark, wide and narrow: measured, and photographed.

import { describe, expect, test } from 'vitest'
import { logIn, openBrowser } from '../door/browser.ts'
import { inspect } from '../door/chromium.ts'
import { arrive, authorizeUrl, EVIL, fillIn, people, setStage, stage } from '../door/stage.ts'

setStage()

describe('every page is sound and has its picture', () => {
  const at = people()

  test('signing in', async () => {
    const { page } = at
    await page.goto(authorizeUrl())
    await inspect(page, 'login')
    await fillIn(page, 'bob', 'wrong')
    await inspect(page, 'login-wrong')
    await page.goto(authorizeUrl({ client_id: 'evil', login_hint: EVIL }))
    await inspect(page, 'login-hostile')
  })

  test('too many attempts', async () => {
    const { page } = at
    const { server } = stage
    const browser = openBrowser()
    const form = await browser.get(server.url('/login'))
    let status = 0
    for (let tries = 0; tries < 60 && status !== 429; tries += 10) {
      const ten = Array.from({ length: 10 }, () => logIn(server, browser, form, 'carol', 'wrong'))
      status = Math.max(...(await Promise.all(ten)).map((answer) => answer.status))
    }
    expect(status).toBe(429)
    await page.goto(server.url('/login'))
    await fillIn(page, 'carol', 'wrong')
    const told = 'Too many attempts. Please wait 2 minutes and try again.'
    expect(await page.textContent('#error')).toBe(told)
    await inspect(page, 'login-throttled')
  })

  test('allowing', async () => {
    const { page } = at
    await page.goto(authorizeUrl({ scope: 'openid profile email offline_access api.read' }))
    await fillIn(page, 'bob')
    await inspect(page, 'consent')
    await page.click('#allow')
    await page.goto(authorizeUrl({ scope: 'openid profile api.read api.write' }))
    await page.click('summary')
    await inspect(page, 'consent-more')
    await page.goto(authorizeUrl({ client_id: 'evil', scope: 'openid' }))
    await inspect(page, 'consent-hostile')
  })

  test('signing out', async () => {
    const { page } = at
    await arrive(page)
    await page.goto(stage.server.url('/login'))
    await inspect(page, 'signed-in')
    await page.goto(stage.server.url('/logout?client_id=web'))
    await inspect(page, 'logout')
    await page.goto(stage.server.url('/logout'))
    await page.click('#sign-out')
    await inspect(page, 'signed-out')
  })

  test('the form post, the error and the start', async () => {
    const { page } = at
    await arrive(page)
    // An answer without content keeps the page that posted itself.
    await page.route(stage.app.callback, (route) => route.fulfill({ status: 204 }))
    const posted = page.waitForRequest(stage.app.callback)
    await page.goto(authorizeUrl({ response_mode: 'form_post' }), { waitUntil: 'commit' })
    await posted
    await inspect(page, 'form-post')
    await page.goto(authorizeUrl({ redirect_uri: 'https://elsewhere.test/' }))
    await inspect(page, 'error')
    await page.goto(stage.server.url('/'))
    await inspect(page, 'home')
  })
})

describe('a German browser', () => {
  const at = people({ locale: 'de-DE' })

  test('reads German, unless the application knows better', async () => {
    const { page } = at
    await page.goto(authorizeUrl({ prompt: 'consent' }))
    expect(await page.getAttribute('html', 'lang')).toBe('de')
    await inspect(page, 'login-de')
    await fillIn(page)
    await inspect(page, 'consent-de')
    await page.goto(authorizeUrl({ prompt: 'consent', ui_locales: 'en' }))
    expect(await page.getAttribute('html', 'lang')).toBe('en')
  })
})
