// Attacks with our forms: whoever opened one is the only one that it is good for.

import { type Store, Unavailable } from '@patois/core'
import { describe, expect, test } from 'vitest'
import {
  ask,
  at,
  expectCode,
  follow,
  isConsent,
  isLogin,
  openEndpoint,
  openRequest,
  paramsOf,
  signedIn,
  unchanged,
} from '../door/authorize.ts'
import {
  decide,
  formAction,
  getCode,
  hiddenFields,
  logIn,
  openBrowser,
  type Page,
  type TestBrowser,
} from '../door/browser.ts'
import { PASSWORDS } from '../door/fixtures.ts'
import {
  checkErrorPage,
  checkErrorRedirect,
  checkLog,
  checkPage,
  lastRequest,
} from '../door/rules.ts'
import { startServer } from '../door/server.ts'
import { countRows } from '../door/tokens.ts'

openEndpoint()

describe('our forms', () => {
  test('A22: whatever a post of ours redirects to is fetched with a GET', async () => {
    const who = openBrowser()
    const login = await ask({ prompt: 'consent' }, 'cc', who)
    const next = await logIn(at.server, who, login)
    checkPage(next, { status: 303 })
    const consent = await follow(next, who)
    expect(isConsent(consent)).toBe(true)
    checkPage(await decide(at.server, who, consent, 'deny'), { status: 303 })
    checkPage(await decide(at.server, who, consent), { status: 303 })
    const logout = await who.get(at.server.url('/logout'))
    checkPage(await decide(at.server, who, logout, 'deny'), { status: 303 })
    const posted = await openBrowser().post(
      at.server.url('/authorize'),
      Object.fromEntries(paramsOf()),
    )
    checkPage(posted, { status: 303 })
    expect(posted.location).toMatch(/^\/authorize\?/)
  })

  test('A22: a wrong password leads nowhere, and is not carried on', async () => {
    const who = openBrowser()
    const page = await logIn(at.server, who, await ask({}, 'cc', who), 'alice', 'wrong-password-1')
    checkPage(page, { status: 401 })
    expect(page.location).toBeUndefined()
    expect(page.text).not.toContain('wrong-password-1')
    expect(isConsent(page)).toBe(false)
  })
})

describe('tabs of one browser', () => {
  const states = ['older', 'newer'] as const
  const openTabs = async (who: TestBrowser) => {
    const tabs = states.map((state) => ({ state, ...openRequest({ state, prompt: 'consent' }) }))
    const pages = await Promise.all(tabs.map(({ url }) => who.get(url)))
    return tabs.map((tab, index) => ({ ...tab, page: pages[index] as Page }))
  }

  test('A37: two tabs both finish, each with its own code and state, the older one last', async () => {
    const who = openBrowser()
    await who.get(at.server.url('/login'))
    const tabs = await openTabs(who)
    const codes: string[] = []
    for (const { state, page } of tabs.toReversed()) {
      const consent = await follow(await logIn(at.server, who, page), who)
      expect(isConsent(consent)).toBe(true)
      codes.push(expectCode(await decide(at.server, who, consent), state))
    }
    const [newer = '', older = ''] = codes
    expect(newer).not.toBe(older)
    const [first, second] = tabs
    const crossed = await first?.exchange(newer)
    expect(crossed?.body.error).toBe('invalid_grant')
    for (const [tab, code] of [
      [first, older],
      [second, newer],
    ] as const) {
      const answer = await tab?.exchange(code)
      expect(answer?.status).toBe(200)
    }
  })

  test('A37: two questions that are open at once are answered in any order', async () => {
    const who = await signedIn()
    const [older, newer] = await openTabs(who)
    expect([older, newer].every((tab) => tab && isConsent(tab.page))).toBe(true)
    const allowed = await decide(at.server, who, newer?.page as Page)
    expectCode(allowed, 'newer')
    const denied = await decide(at.server, who, older?.page as Page, 'deny')
    checkErrorRedirect(at.server, denied, 'access_denied', { state: 'older' })
    expectCode(await decide(at.server, who, older?.page as Page), 'older')
  })
})

describe('a form that somebody else has opened', () => {
  /** What must not have happened: nobody is signed in, nothing was allowed, no code is out. */
  const expectNothing = async (sent: () => Promise<Page>, who: TestBrowser): Promise<Page> => {
    const before = [...who.cookies.values()]
    const page = await unchanged(sent)
    const sessions = [...who.cookies.values()].filter((value) => value.startsWith('ps_'))
    expect(before).toEqual(expect.arrayContaining(sessions))
    expect(page.location ?? '/authorize?').toMatch(/^\/authorize\?/)
    expect(lastRequest(at.server)).toMatchObject({ decision: 'refused', reason: 'form_stale' })
    return page
  }

  const send = (who: TestBrowser, page: Page, more: Record<string, string>, headers = {}) =>
    who.post(
      at.server.origin + formAction(page.text),
      { ...hiddenFields(page.text), ...more },
      headers,
    )

  const alice = { username: 'alice', password: PASSWORDS.alice ?? '' }
  const allow = { decision: 'allow' }
  const foreign = ['cross-site', 'same-site', 'bogus', '']

  test('A42: another site that posts an attacker’s form gets a page, whoever is signed in', async () => {
    const attacker = await signedIn('bob')
    const login = await ask({}, 'cp', openBrowser())
    const consent = await ask({}, 'cp', attacker)
    const logout = await attacker.get(at.server.url('/logout'))
    for (const who of [openBrowser(), await signedIn()]) {
      for (const site of foreign) {
        const headers = { 'sec-fetch-site': site, origin: 'https://evil.test' }
        for (const [page, more] of [
          [login, alice],
          [consent, allow],
          [logout, allow],
        ] as const) {
          checkErrorPage(await expectNothing(() => send(who, page, more, headers), who))
        }
      }
    }
  })

  test('A42: the login page of one browser signs nobody in at another', async () => {
    const attacker = openBrowser()
    const login = await ask({ state: 'attacker' }, 'cp', attacker)
    for (const who of [openBrowser(), await signedIn(), at.browser]) {
      const isNew = who.cookies.size === 0
      const page = await expectNothing(() => send(who, login, alice), who)
      // The request starts anew, as from a link, and with a form of this browser's own.
      checkPage(page, { status: isNew ? 400 : 303 })
      const anew = isNew ? page : await follow(page, who)
      expect(anew.text).toMatch(/name="(password|decision)"/)
      expect(hiddenFields(anew.text).csrf).not.toBe(hiddenFields(login.text).csrf)
    }
    // Nor does the attacker's browser come to anything by it.
    expect(isLogin(await ask({}, 'cp', attacker))).toBe(true)
    const bare = await attacker.get(at.server.url('/login'))
    const who = openBrowser()
    checkPage(await expectNothing(() => send(who, bare, alice), who), { status: 400 })
  })

  test('A42: the consent page of one browser or user allows nothing for another', async () => {
    const attacker = await signedIn('bob')
    const consent = await ask({}, 'cp', attacker)
    expect(isConsent(consent)).toBe(true)
    const same = await signedIn('bob')
    for (const who of [openBrowser(), await signedIn(), same, at.browser]) {
      const page = await expectNothing(() => send(who, consent, allow), who)
      const anew = await follow(page, who)
      expect(isLogin(anew) || isConsent(anew)).toBe(true)
      await expectNothing(() => send(who, consent, { decision: 'deny' }), who)
    }
    // Another user at the very browser that opened it.
    const before = new Map(attacker.cookies)
    const login = await ask({ prompt: 'login' }, 'cp', attacker)
    await logIn(at.server, attacker, login, 'alice')
    await expectNothing(() => send(attacker, consent, allow), attacker)
    // And nobody: who was signed in there is not any more.
    const gone = openBrowser()
    for (const [name, value] of before) gone.cookies.set(name, value)
    await expectNothing(() => send(gone, consent, allow), gone)
  })

  test('A42: the question about signing out is bound to its browser and user', async () => {
    const attacker = await signedIn('bob')
    const logout = await attacker.get(at.server.url('/logout'))
    for (const who of [openBrowser(), await signedIn(), await signedIn('bob')]) {
      checkErrorPage(await expectNothing(() => send(who, logout, allow), who))
      if (who.cookies.size > 1) expect(isLogin(await ask({}, 'cp', who))).toBe(false)
    }
  })

  test('A42: a form token is good for its kind, its request and its hour alone', async () => {
    const who = await signedIn()
    const consent = await ask({}, 'cp', who)
    const stranger = openBrowser()
    const login = await ask({}, 'cp', stranger)
    const { request = '', csrf = '' } = hiddenFields(consent.text)
    const own = hiddenFields((await ask({ prompt: 'login' }, 'cp', who)).text)
    const [until = '', mac = ''] = csrf.split('.')
    const wider = new URLSearchParams(request.slice(request.indexOf('?')))
    wider.set('scope', `${wider.get('scope')} api.write`)
    for (const changed of [
      { csrf: '' },
      { csrf: '.' },
      { csrf: `${until}.` },
      { csrf: `.${mac}` },
      { csrf: `${Number(until) + 1}.${mac}` },
      { csrf: `${until}.${mac.slice(0, -2)}` },
      { csrf: `9999999999.${mac}` },
      { csrf: `${until}.${'A'.repeat(43)}` },
      { csrf: own.csrf ?? '' },
      own,
      { request: `${request}&x=y` },
      { request: `/authorize?${wider}` },
      { request: request.replace('state-1', 'state-2') },
      { request: request.replace('client_id=cp', 'client_id=cc2') },
    ]) {
      await expectNothing(() => send(who, consent, { ...allow, ...changed }), who)
    }
    const asLogin = { ...hiddenFields(consent.text), ...alice }
    const there = at.server.url('/login')
    await expectNothing(() => who.post(there, asLogin), who)
    const asConsent = { ...hiddenFields(login.text), ...allow }
    await expectNothing(() => stranger.post(at.server.url('/consent'), asConsent), stranger)
    expectCode(await send(who, consent, allow))
  })

  test('A42: no link carries a request that waits: a GET of our forms knows of none', async () => {
    const who = await signedIn('bob')
    const fields = hiddenFields((await ask({}, 'cp', who)).text)
    const victim = await signedIn()
    for (const path of ['/consent', '/login', '/login/end']) {
      const query = new URLSearchParams({ ...fields, ...alice, ...allow })
      const page = await unchanged(() => victim.get(at.server.url(`${path}?${query}`)))
      expect(page.location).toBeUndefined()
      expect([200, 405]).toContain(page.status)
      expect(page.text).not.toContain(fields.csrf ?? 'no form')
    }
  })

  test('A42: cookies that an attacker had before do not sign it in after', async () => {
    const who = openBrowser()
    const login = await ask({}, 'cc', who)
    const planted = new Map(who.cookies)
    const before = countRows(at.server, 'sessions')
    await logIn(at.server, who, login)
    expect(countRows(at.server, 'sessions')).toBe(before + 1)
    const attacker = openBrowser()
    for (const [name, value] of planted) attacker.cookies.set(name, value)
    expect(isLogin(await ask({}, 'cc', attacker))).toBe(true)
    // The same with a session: signing in gives it another secret, and the old one is dead.
    const held = new Map(who.cookies)
    await logIn(at.server, who, await ask({ prompt: 'login' }, 'cc', who))
    for (const [name, value] of held) attacker.cookies.set(name, value)
    expect(isLogin(await ask({}, 'cc', attacker))).toBe(true)
    expectCode(
      await ask({}, 'cc', who).then((page) =>
        page.location ? page : decide(at.server, who, page),
      ),
    )
  })

  test('A42: a session that an attacker has planted is not the one its victim signs in to', async () => {
    const attacker = await signedIn('bob')
    const victim = openBrowser()
    for (const [name, value] of attacker.cookies) victim.cookies.set(name, value)
    const login = await ask({ prompt: 'login' }, 'cc', victim)
    await logIn(at.server, victim, login)
    expect(isLogin(await ask({}, 'cc', attacker))).toBe(true)
  })
})

describe('while nobody can say who is signed in', () => {
  test('A42: no form is made, and no client hears that its user is gone', async () => {
    let fails = false
    const wrapStore = (store: Store): Store => ({
      ...store,
      async findSession(id) {
        if (fails) throw new Unavailable('The database does not answer.')
        return store.findSession(id)
      },
    })
    const own = await startServer({ wrapStore })
    const who = openBrowser()
    await getCode(own, 'cc', {}, who)
    const cookies = new Map(who.cookies)
    fails = true
    const query = paramsOf({ prompt: 'none' })
    for (const path of [`/authorize?${query}`, `/authorize?${paramsOf()}`, '/login', '/logout']) {
      const page = await who.get(own.url(path))
      checkErrorPage(page, 503)
      expect(page.headers.get('retry-after')).toMatch(/^\d+$/)
      expect(lastRequest(own)).toMatchObject({ decision: 'refused', reason: 'unavailable' })
    }
    expect(who.cookies).toEqual(cookies)
    fails = false
    expect((await who.get(own.url(`/authorize?${query}`))).location).toContain('code=pc_')
    checkLog(own)
    await own.close()
  })
})
