// What people do at a real Chromium, told once for browsers with JavaScript and once without.

import { expect, test } from 'vitest'
import {
  arrive,
  authorizeUrl,
  EVIL,
  exchange,
  fillIn,
  lastHeard,
  people,
  rightAnswer,
  stage,
} from '../door/stage.ts'

/** Tells every story as tests. */
export const tellStories = (scripts: boolean): void => {
  const at = people({ scripts })

  test('signs in, allows and lands at the application with a code', async () => {
    const { page } = at
    await page.goto(authorizeUrl({ prompt: 'consent' }))
    expect(await page.textContent('h1')).toBe('Sign in')
    expect(await page.textContent('.lead')).toBe('to continue to Web shop')
    await fillIn(page)
    expect(await page.textContent('h1')).toBe('Web shop asks for access to your account')
    expect(await page.textContent('.facts')).toContain(new URL(stage.app.origin).host)
    expect(await page.textContent('main')).toContain('Read your data')
    await page.click('#allow')
    await page.waitForURL(`${stage.app.callback}**`)
    expect(lastHeard()).toEqual(rightAnswer())
    expect(await exchange(lastHeard().fields.code)).toMatchObject({
      token_type: 'Bearer',
      scope: 'openid profile email api.read',
      id_token: expect.any(String),
    })
  })

  test('denies, and the application hears of it', async () => {
    const { page } = at
    await page.goto(authorizeUrl({ prompt: 'consent' }))
    await fillIn(page)
    await page.click('#deny')
    await page.waitForURL(`${stage.app.callback}**`)
    expect(lastHeard().fields).toEqual({
      error: 'access_denied',
      error_description: 'The user did not allow it.',
      state: 'state-1',
      iss: stage.server.issuer,
    })
  })

  test('is asked neither to sign in nor to allow at the second visit', async () => {
    const { page } = at
    await arrive(page)
    const before = stage.app.heard.length
    await page.goto(authorizeUrl({ state: 'again' }))
    expect(page.url().startsWith(`${stage.app.callback}?code=`)).toBe(true)
    expect(stage.app.heard.length).toBe(before + 1)
    expect(lastHeard().fields.state).toBe('again')
  })

  test('who allowed before and signs in again goes straight to the application', async () => {
    const { page, context } = at
    await arrive(page)
    await context.clearCookies()
    await page.goto(authorizeUrl())
    await fillIn(page, 'alice', 'wrong')
    await fillIn(page)
    await page.waitForURL(`${stage.app.callback}**`)
    expect(lastHeard()).toEqual(rightAnswer())
  })

  test('is asked only for what is new', async () => {
    const { page } = at
    await arrive(page)
    await page.goto(authorizeUrl({ scope: 'openid profile email api.read api.write' }))
    const asked = await page.textContent('#scopes + .scopes')
    expect(asked?.trim()).toBe('Change your data')
    await page.click('summary')
    expect(await page.isVisible('details .scopes')).toBe(true)
    await page.click('#deny')
    await page.waitForURL(`${stage.app.callback}**`)
  })

  test('sees an error after a wrong password, and the username is still there', async () => {
    const { page } = at
    await page.goto(authorizeUrl())
    await fillIn(page, 'alice', 'wrong')
    expect(await page.textContent('#error')).toBe(
      'That username and password do not match. Please check both and try again.',
    )
    expect(await page.inputValue('#username')).toBe('alice')
    expect(await page.inputValue('#password')).toBe('')
    expect(await page.textContent('.lead')).toBe('to continue to Web shop')
    expect(page.url()).toBe(stage.server.url('/login'))
    const focused = await page.evaluate(() => document.activeElement?.id)
    if (scripts) expect(focused).toBe('password')
  })

  test('is signed out by the application that asks with an ID token', async () => {
    const { page, context } = at
    const { fields } = await arrive(page)
    const { id_token } = await exchange(fields.code)
    const query = new URLSearchParams({
      id_token_hint: String(id_token),
      post_logout_redirect_uri: `${stage.app.origin}/bye`,
      state: 'so long',
    })
    stage.app.show(
      `<!doctype html><a id="out" href="${stage.server.url('/logout')}?${query}">Sign out</a>`,
    )
    await page.goto(`${stage.app.otherSite}/page`)
    await page.click('#out')
    await page.waitForURL(`${stage.app.origin}/bye**`)
    expect(lastHeard()).toEqual({ method: 'GET', path: '/bye', fields: { state: 'so long' } })
    const names = (await context.cookies()).map(({ name }) => name)
    expect(names.filter((name) => name.startsWith('patois-session'))).toEqual([])
    await page.goto(authorizeUrl())
    expect(await page.textContent('h1')).toBe('Sign in')
  })

  test('is asked before signing out at /logout, and may stay', async () => {
    const { page } = at
    await arrive(page)
    await page.goto(stage.server.url('/logout'))
    expect(await page.textContent('h1')).toBe('Sign out?')
    await page.click('#stay')
    expect(page.url()).toBe(stage.server.url('/login'))
    expect(await page.textContent('h1')).toBe('You are signed in')
    await page.click('#sign-out')
    expect(await page.textContent('h1')).toBe('Sign out?')
    await page.click('#sign-out')
    expect(await page.textContent('h1')).toBe('You are signed out')
    await page.goto(authorizeUrl({ prompt: 'none' }))
    expect(lastHeard().fields.error).toBe('login_required')
  })

  test('an application without an ID token makes the server ask, then gets the person back', async () => {
    const { page } = at
    await arrive(page)
    const bye = `${stage.app.origin}/bye`
    const query = new URLSearchParams({ client_id: 'web', post_logout_redirect_uri: bye })
    await page.goto(stage.server.url(`/logout?${query}`))
    expect(await page.textContent('main')).toContain('Web shop asks to sign you out here.')
    await page.click('#sign-out')
    await page.waitForURL(`${bye}**`)
    expect(lastHeard()).toEqual({ method: 'GET', path: '/bye', fields: {} })
  })

  test('the answer comes by form post', async () => {
    const { page } = at
    await arrive(page)
    await page.goto(authorizeUrl({ response_mode: 'form_post', state: EVIL }))
    if (!scripts) {
      expect(await page.textContent('h1')).toBe('One moment')
      await page.click('#continue')
    }
    await page.waitForURL(stage.app.callback)
    const fields = { code: expect.any(String), state: EVIL, iss: stage.server.issuer }
    expect(lastHeard()).toEqual({ method: 'POST', path: '/cb', fields })
    expect(await exchange(lastHeard().fields.code)).toMatchObject({ token_type: 'Bearer' })
  })

  test('a redirect URI that is not registered leads nowhere', async () => {
    const { page } = at
    const heard = stage.app.heard.length
    const answer = await page.goto(authorizeUrl({ redirect_uri: `${stage.app.origin}/other` }))
    expect(answer?.status()).toBe(400)
    expect(await answer?.headerValue('location')).toBeNull()
    expect(page.url().startsWith(stage.server.origin)).toBe(true)
    expect(await page.textContent('.reference')).toContain('invalid_request')
    expect(await page.innerHTML('body')).not.toContain(stage.app.origin)
    expect(stage.app.heard.length).toBe(heard)
  })

  test('hostile names, hints and states are text', async () => {
    const { page } = at
    const foreign = { client_id: 'evil', state: EVIL, ui_locales: EVIL, login_hint: EVIL }
    await page.goto(authorizeUrl(foreign))
    const strange = () => page.locator('main script, main img, main iframe').count()
    expect(await page.inputValue('#username')).toBe(EVIL)
    expect(await page.textContent('.lead')).toBe(`to continue to ${EVIL}`)
    expect(await strange()).toBe(0)
    await fillIn(page, EVIL, EVIL)
    expect(await page.inputValue('#username')).toBe(EVIL)
    expect(await strange()).toBe(0)
    await fillIn(page)
    expect(await page.textContent('h1')).toBe(`${EVIL} asks for access to your account`)
    expect(await strange()).toBe(0)
    await page.click('#deny')
    await page.waitForURL(`${stage.app.callback}**`)
    expect(lastHeard().fields).toMatchObject({ error: 'access_denied', state: EVIL })
    await page.goto(stage.server.url(`/logout?${new URLSearchParams({ ...foreign })}`))
    expect(await page.textContent('main')).toContain(`${EVIL} asks to sign you out here.`)
    expect(await strange()).toBe(0)
  })

  test('an application of another site may post its request', async () => {
    const { page } = at
    await arrive(page)
    const inputs = [...new URL(authorizeUrl({ state: 'posted' })).searchParams]
      .map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`)
      .join('')
    const action = stage.server.url('/authorize')
    stage.app.show(
      `<!doctype html><form method="post" action="${action}">${inputs}<button>Go</button>`,
    )
    await page.goto(`${stage.app.otherSite}/page`)
    await page.click('button')
    await page.waitForURL(`${stage.app.callback}**`)
    expect(lastHeard().fields).toEqual(rightAnswer('posted').fields)
  })
}
