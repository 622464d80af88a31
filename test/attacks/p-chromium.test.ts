// Attacks on people at a real Chromium: framed pages, markup in every field, and whoever comes next.

import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { call } from '../door/browser.ts'
import { DEMO, SECRETS, USERS } from '../door/fixtures.ts'
import { checkLog } from '../door/rules.ts'
import {
  arrive,
  authorizeUrl,
  exchange,
  fillIn,
  lastHeard,
  people,
  rightAnswer,
  setStage,
  stage,
} from '../door/stage.ts'
import { refresh, userinfo } from '../door/tokens.ts'

// With a space where one may stand, without one where none may, and inside an attribute.
const MARKUP = `"'><img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>`
const IMAGE = `"><img src=x onerror=alert(1)><script>alert(2)</script>`
const TIGHT = `'><img/src=x/onerror=alert(4)><svg/onload=alert(5)>`
const SCRIPT = 'javascript:alert(6)'
const PASSWORD = 'a-password-3'
const NAMED = '<img/src=x/onerror=alert(7)>'
const PLAIN = '<svg/onload=alert(8)>'
const ABOUT = `https://about.test/"${TIGHT}`
const SERVICE = `https://service.test/"${TIGHT}`
const HOSTILE = { client_id: NAMED, scope: `openid ${NAMED} ${PLAIN}` }

const PATIENT = { timeout: 20_000 }

const landing = () => `${stage.app.callback}?x=${TIGHT}`

setStage((app) => ({
  dev: true,
  demo: (issuer) => ({
    ...DEMO(issuer),
    clientId: NAMED,
    clientSecret: MARKUP,
    username: MARKUP,
    password: MARKUP,
  }),
  configuration: {
    dialects: ['standard', 'cal'],
    scopes: {
      'api.read': 'Read your data',
      'api.write': 'Change your data',
      [NAMED]: MARKUP,
      [PLAIN]: { claims: [] },
    },
    resources: [{ resource: 'https://api.test/' }, { resource: SERVICE }],
    users: [...USERS, { username: MARKUP, password: PASSWORD }],
    clients: [
      {
        client_id: NAMED,
        client_secret: SECRETS.cc,
        client_name: MARKUP,
        client_uri: ABOUT,
        logo_uri: ABOUT,
        policy_uri: ABOUT,
        tos_uri: ABOUT,
        redirect_uris: [app.callback, `${app.callback}?x=${TIGHT}`],
        post_logout_redirect_uris: [`${app.origin}/bye?x=${TIGHT}`],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: HOSTILE.scope,
        dialects: ['standard', 'cal'],
      },
      {
        client_id: 'linked',
        client_secret: SECRETS.cc,
        client_uri: `${app.otherSite}/page`,
        redirect_uris: [app.callback],
        scope: 'openid',
      },
    ],
  },
}))

const signIn = async (page: Page, username = 'alice'): Promise<void> => {
  await page.goto(stage.server.url('/login'))
  await fillIn(page, username)
}

const at = (path: string, query: Record<string, string> = {}): string =>
  stage.server.url(`${path}?${new URLSearchParams(query)}`)

/** The page that explains why a token call was refused. */
const whyOf = async (path: string, fields: Record<string, string>): Promise<string> => {
  const { headers } = await fetch(stage.server.url(path), {
    method: 'POST',
    body: new URLSearchParams(fields),
  })
  return /<([^>]*)>/.exec(headers.get('link') ?? '')?.[1] ?? ''
}

type Go = (page: Page) => Promise<unknown>

/** One place for each of the parameters. */
const each = <N extends string>(names: readonly N[], go: (name: N) => Go): Record<string, Go> =>
  Object.fromEntries(names.map((name) => [name, go(name)]))

/** Every place where something from outside comes to stand on a page of ours. */
const SINKS: Record<string, Record<string, Go>> = {
  'the sign-in': {
    'the name of the application': (page) => page.goto(authorizeUrl(HOSTILE)),
    ...each(
      ['login_hint', 'state', 'nonce', 'ui_locales', 'display', 'acr_values'],
      (name) => (page) => page.goto(authorizeUrl({ [name]: MARKUP })),
    ),
    'a username that was wrong': async (page) => {
      await page.goto(authorizeUrl())
      await fillIn(page, MARKUP, 'wrong')
    },
  },
  'the consent': {
    'names, ids, addresses, scopes and the service': async (page) => {
      await signIn(page)
      const more = { ...HOSTILE, prompt: 'consent', resource: SERVICE, state: MARKUP }
      await page.goto(authorizeUrl(more))
      for (const shown of [MARKUP, NAMED, SERVICE, `“${PLAIN}”`])
        expect(await page.textContent('main')).toContain(shown)
      expect(await page.locator('.links a').count()).toBe(3)
    },
    'what was allowed before': async (page) => {
      await page.goto(authorizeUrl({ ...HOSTILE, scope: `openid ${NAMED}`, prompt: 'consent' }))
      await page.click('#allow')
      await page.goto(authorizeUrl(HOSTILE))
      await page.click('summary')
      expect(await page.textContent('details')).toContain(MARKUP)
    },
    'the name of the user': async (page) => {
      await page.goto(authorizeUrl({ prompt: 'login' }))
      await fillIn(page, MARKUP, PASSWORD)
      expect(await page.textContent('.lead')).toBe(`Signed in as ${MARKUP}`)
    },
  },
  'the sign-out': {
    'the name of the user who is signed in': async (page) => {
      await page.goto(stage.server.url('/login'))
      await fillIn(page, MARKUP, PASSWORD)
      expect(await page.textContent('main')).toContain(MARKUP)
    },
    'names, the state and the address to go on with': async (page) => {
      const bye = `${stage.app.origin}/bye?x=${TIGHT}`
      const query = { client_id: NAMED, post_logout_redirect_uri: bye, state: MARKUP }
      await page.goto(at('/logout', query))
      expect(await page.textContent('main')).toContain(`${MARKUP} asks to sign you out`)
      expect(await page.inputValue('[name=request]')).toContain('onerror=alert(4)')
    },
  },
  'an error': {
    ...each(
      ['client_id', 'redirect_uri'],
      (name) => (page) => page.goto(authorizeUrl({ [name]: SCRIPT + MARKUP })),
    ),
    ...each(
      ['state', 'nonce', 'prompt', 'response_mode', 'login_hint', 'claims', 'max_age'],
      (name) => (page) => page.goto(authorizeUrl({ client_id: 'x', [name]: MARKUP })),
    ),
    ...each(
      ['scope', 'resource'],
      (name) => (page) => page.goto(authorizeUrl({ client_id: 'x', [name]: TIGHT })),
    ),
    'addresses that would have been right': async (page) => {
      await page.goto(authorizeUrl({ client_id: NAMED, redirect_uri: 'https://rp.test/' }))
      expect(await page.textContent('#right-values')).toContain(landing())
    },
  },
  'the explanation of a call': {
    ...each(
      ['client_id', 'grant_type', 'redirect_uri', 'scope', 'username'],
      (name) => async (page) =>
        page.goto(await whyOf('/token', { client_id: 'x', [name]: MARKUP })),
    ),
    'its path': async (page) =>
      page.goto(await whyOf(`/v2/oauth/${encodeURIComponent(NAMED)}/exchange`, { a: 'b' })),
  },
  'dev mode': {
    code: (page) => page.goto(at('/dev/callback', { code: MARKUP })),
    error: (page) => page.goto(at('/dev/callback', { error: MARKUP })),
    error_description: (page) =>
      page.goto(at('/dev/callback', { error: 'x', error_description: MARKUP })),
    'the client, the user and the lines': (page) => page.goto(at('/')),
  },
}

/** What no page of ours has. */
const STRANGE =
  'img, svg, iframe, object, embed, base, script:not([nonce], [src^="/assets/"]), [onerror], [onload], [style], [href^="javascript:" i], [action^="javascript:" i]'

describe('a browser that knows no policy', () => {
  const person = people({ policies: false })

  test.each(Object.entries(SINKS))('P10: takes all for text at %s', async (_, sinks) => {
    const { page, troubles } = person
    for (const [sink, go] of Object.entries(sinks)) {
      await go(page)
      const isThere = /onerror(=|%3D)alert/.test(await page.content())
      const strange = await page.locator(STRANGE).count()
      expect({ sink, isThere, strange, troubles }).toEqual({
        sink,
        isThere: true,
        strange: 0,
        troubles: [],
      })
    }
  })

  test('P10: takes for text what stands in a path, or is not shown at all', async () => {
    const { page } = person
    for (const path of [
      '/',
      '/login/',
      '/dev/why/',
      '/dev/why/code_expired?request=',
      '/logout?state=',
      '/logout?ui_locales=',
      '/login?next=',
    ]) {
      await page.goto(stage.server.url(path + encodeURIComponent(MARKUP)))
      expect(await page.locator(STRANGE).count()).toBe(0)
    }
  })

  test('P11: posts a hostile state to a hostile address as they are', async () => {
    const { page } = person
    await signIn(page)
    const redirect_uri = landing()
    const more = { ...HOSTILE, redirect_uri, response_mode: 'form_post', prompt: 'consent' }
    await page.goto(authorizeUrl({ ...more, state: MARKUP }))
    await page.click('#allow')
    await page.waitForURL(`${stage.app.callback}**`)
    const fields = { x: TIGHT, code: expect.any(String), state: MARKUP, iss: stage.server.issuer }
    expect(lastHeard()).toEqual({ method: 'POST', path: '/cb', fields })
  })

  test('P11: goes back with a hostile state in the query as it is', async () => {
    const { page } = person
    await signIn(page)
    await page.goto(authorizeUrl({ ...HOSTILE, state: MARKUP, prompt: 'consent' }))
    await page.click('#deny')
    await page.waitForURL(`${stage.app.callback}**`)
    expect(lastHeard().fields).toMatchObject({ error: 'access_denied', state: MARKUP })
  })
})

describe('a page that escapes nothing', () => {
  const person = people()

  /** Undoes all escaping of the pages on their way. */
  const spoil = async (page: Page): Promise<void> => {
    await page.route(`${stage.server.origin}/**`, async (route) => {
      if (route.request().resourceType() !== 'document') return route.continue()
      const response = await route.fetch({ maxRedirects: 0 })
      const body = (await response.text())
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
      return route.fulfill({ response, body })
    })
  }

  const spoiled: [string, (page: Page) => Promise<unknown>][] = [
    ['sign-in', (page) => page.goto(authorizeUrl(HOSTILE))],
    ['error', (page) => page.goto(authorizeUrl({ client_id: MARKUP }))],
    ['explanation', async (page) => page.goto(await whyOf('/token', { client_id: MARKUP }))],
    ['callback', (page) => page.goto(at('/dev/callback', { code: MARKUP }))],
    ['start', (page) => page.goto(at('/'))],
    [
      'consent',
      async (page) => {
        await signIn(page)
        await page.goto(authorizeUrl({ ...HOSTILE, prompt: 'consent' }))
      },
    ],
    [
      'sign-out',
      async (page) => {
        await page.goto(at('/logout', { client_id: NAMED }))
      },
    ],
  ]

  test('P10: would still run nothing', async () => {
    const { page, troubles } = person
    await spoil(page)
    for (const [name, go] of spoiled) {
      await go(page)
      const harm = await page.locator('img[onerror], svg[onload]').count()
      expect([name, harm > 0]).toEqual([name, true])
      await expect.poll(() => troubles.length).toBeGreaterThan(0)
      expect(troubles.filter((one) => !/Content Security Policy/.test(one))).toEqual([])
      troubles.length = 0
    }
  })

  test('P10: a form post would still run only its own script', async () => {
    const { page, troubles } = person
    await arrive(page)
    await page.route(stage.app.callback, (route) => route.fulfill({ status: 204 }))
    await spoil(page)
    const posted = page.waitForRequest(stage.app.callback)
    await page.goto(authorizeUrl({ response_mode: 'form_post', state: IMAGE }), {
      waitUntil: 'commit',
    })
    await posted
    expect(await page.locator('img[onerror]').count()).toBeGreaterThan(0)
    await expect.poll(() => troubles.length).toBeGreaterThan(0)
    expect(troubles.filter((one) => !/Content Security Policy/.test(one))).toEqual([])
    troubles.length = 0
  })
})

describe('a person', () => {
  const person = people()

  test('P9: sees no page of ours inside a page of another origin', async () => {
    const { page, troubles } = person
    const { server, app } = stage
    await arrive(page)
    const pages = [
      server.url('/'),
      server.url('/login'),
      server.url('/logout'),
      server.url('/nothing'),
      server.url('/token'),
      server.url('/dev/callback'),
      server.url('/dev/why/code_expired'),
      authorizeUrl({ prompt: 'login' }),
      authorizeUrl({ prompt: 'consent' }),
      authorizeUrl({ response_mode: 'form_post' }),
      authorizeUrl({ client_id: 'nobody' }),
    ].map((url) => url.replaceAll('&', '&amp;'))
    const frames = [
      ...pages.map((url) => `<iframe src="${url}"></iframe>`),
      `<object data="${pages[1]}" type="text/html"></object>`,
      `<embed src="${pages[1]}" type="text/html">`,
    ]
    app.show(`<!doctype html><title>Frames</title>${frames.join('')}`)
    // One is another site, which gets no cookies; the other is of our site, and gets them.
    for (const origin of [app.otherSite, app.origin]) {
      const heard = app.heard.length
      troubles.length = 0
      await page.goto(`${origin}/page`, { waitUntil: 'commit' })
      const framed = () => page.frames().filter((one) => one !== page.mainFrame())
      await expect.poll(() => troubles.length, PATIENT).toBe(frames.length)
      expect(framed().filter((one) => one.url().startsWith('http'))).toEqual([])
      expect(troubles.filter((one) => !one.includes("frame-ancestors 'none'"))).toEqual([])
      expect(app.heard.length).toBe(heard)
    }
    troubles.length = 0
  })

  test.skip('P9: nor the page of a device — there is none yet', () => {})

  test('P13: meets nobody but the server and the application, whatever a client is named', async () => {
    const { page, asked } = person
    const { server, app } = stage
    await signIn(page)
    await page.goto(authorizeUrl({ ...HOSTILE, prompt: 'consent', resource: SERVICE }))
    await page.click('#deny')
    for (const path of ['/', '/login', '/logout', '/nothing', '/dev/callback?code=x'])
      await page.goto(server.url(path))
    await page.goto(authorizeUrl({ client_id: MARKUP }))
    const origins = new Set(asked.map((url) => new URL(url).origin))
    expect([...origins].sort()).toEqual([server.origin, app.origin].sort())
    expect(asked).toContain(server.url('/assets/patois.css'))
  })

  test('P14: tells the application nothing about where it comes from', async () => {
    const { page, context } = person
    const { server, app } = stage
    const referers: (string | undefined)[] = []
    context.on('request', (request) => {
      if (request.url().startsWith(server.origin)) return
      referers.push(request.headers().referer)
    })
    const referrer = () => page.evaluate(() => document.referrer)
    await arrive(page)
    expect(await referrer()).toBe('')
    await page.goto(authorizeUrl({ response_mode: 'form_post', prompt: 'consent' }))
    await page.click('#allow')
    await page.waitForURL(app.callback)
    expect(await referrer()).toBe('')
    app.show('<!doctype html><title>About</title>')
    await page.goto(authorizeUrl({ client_id: 'linked', scope: 'openid' }))
    await page.click('.links a')
    await page.waitForURL(`${app.otherSite}/page`)
    expect(await referrer()).toBe('')
    expect(referers.length).toBeGreaterThan(2)
    expect(new Set(referers)).toEqual(new Set([undefined]))
  })
})

describe('a browser that two people share', () => {
  const person = people()

  const nameOf = async (token: unknown) => (await userinfo(stage.server, String(token))).body.name

  const signOut = async (page: Page): Promise<void> => {
    await page.goto(stage.server.url('/logout'))
    await page.click('#sign-out')
    expect(await page.textContent('h1')).toBe('You are signed out')
  }

  test('P17: shows the second nothing of the first, however often they go back', async () => {
    const { page } = person
    const { server } = stage
    await arrive(page)
    await page.goto(authorizeUrl({ prompt: 'consent' }))
    expect(await page.textContent('main')).toContain('alice')
    await page.goto(server.url('/login'))
    await signOut(page)
    await page.goto(authorizeUrl({ prompt: 'consent' }))
    await fillIn(page, 'bob')
    expect(await page.textContent('.lead')).toBe('Signed in as bob')
    const seen: string[] = []
    for (let steps = 0; steps < 8; steps++) {
      // What was posted is not posted again: there the browser has nothing to show.
      await page.goBack().catch((error: Error) => expect(error.message).toMatch(/ERR_CACHE_MISS/))
      if (!page.url().startsWith(server.origin)) continue
      expect(await page.content()).not.toContain('alice')
      seen.push(String(await page.textContent('h1').catch(() => '')))
      if (await page.isVisible('#allow')) break
    }
    expect(seen.at(-1)).toBe('Web shop asks for access to your account')
    await page.click('#allow')
    await page.waitForURL(`${stage.app.callback}**`)
    const tokens = await exchange(lastHeard().fields.code)
    expect(await nameOf(tokens.access_token)).toBe('Bob B')
  })

  test('P17: takes no answer of the second to a question that was put to the first', async () => {
    const { page, context } = person
    await signIn(page)
    await page.goto(authorizeUrl({ prompt: 'consent' }))
    const other = await context.newPage()
    await signOut(other)
    await signIn(other, 'bob')
    const heard = stage.app.heard.length
    await page.click('#allow')
    expect(stage.app.heard.length).toBe(heard)
    expect(await page.textContent('.lead')).toBe('Signed in as bob')
    await page.click('#allow')
    await page.waitForURL(`${stage.app.callback}**`)
    expect(lastHeard()).toEqual(rightAnswer())
    const tokens = await exchange(lastHeard().fields.code)
    expect(await nameOf(tokens.access_token)).toBe('Bob B')
  })

  test('P17: keeps the offline access of the first the first’s', async () => {
    const { page } = person
    const { server } = stage
    const scope = 'openid profile offline_access'
    await arrive(page, { scope, prompt: 'consent' })
    const first = await exchange(lastHeard().fields.code)
    await signOut(page)
    await signIn(page, 'bob')
    await arrive(page, { scope, prompt: 'consent' })
    const second = await exchange(lastHeard().fields.code)
    const again = await refresh(server, String(first.refresh_token), {}, 'web')
    expect(again.status).toBe(200)
    expect(await nameOf(again.body.access_token)).toBe('Alice A')
    expect(await nameOf(second.access_token)).toBe('Bob B')
    const strangers = await call(server, '/introspect', 'web', {
      token: String(second.refresh_token),
    })
    expect(strangers.body.sub).not.toBe(undefined)
    checkLog(server, [])
  })
})
