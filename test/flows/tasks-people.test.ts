// The pages about people who sign in and out, played: what they say to do does what they show.

import * as client from 'openid-client'
import { expect, test, vi } from 'vitest'
import { openPerson, startChromium } from '../door/chromium.ts'
import { startServer } from '../door/server.ts'
import { ann, play } from '../door/story.ts'

test('from a fresh clone to a person who is signed in', () =>
  play('docs/quick-start.md', { '3. The person': ann('http://127.0.0.1:3000/') }))

test('in a real browser too, where a reload gets the answer that the page has a cure for', () =>
  play('docs/quick-start.md', {
    '3. The person': async ({ here }) => {
      const chromium = await startChromium()
      const { page } = await openPerson(chromium)
      await page.goto(here('http://127.0.0.1:3000'))
      await page.fill('#username', 'ann')
      await page.fill('#password', 'password-of-ann')
      await page.click('#sign-in')
      await page.click('#allow')
      await page.waitForURL('**/callback?**')
      const said = await page.textContent('body')
      await page.reload()
      expect(await page.textContent('body')).toContain('invalid_grant: ')
      await chromium.close()
      return said ?? ''
    },
  }))

test('signing people in to a web application, which refreshes once for all who wait', () =>
  play(
    'docs/tasks/web-app.md',
    {
      'The application': async (at) => {
        const url = at.here('http://127.0.0.1:3000/')
        const tokenCalls = () => at.printed().split('"operation":"token"').length - 1
        const first = await ann(url)(at)
        await vi.waitFor(() => expect(tokenCalls()).toBe(2))
        const all = await Promise.all(Array.from({ length: 5 }, () => at.browser.get(url)))
        expect(new Set(all.map(({ text }) => text))).toEqual(new Set([first]))
        await vi.waitFor(() => expect(tokenCalls()).toBeGreaterThan(2))
        // Whoever comes when a refresh is over, which a slow machine brings about, begins the next.
        expect(tokenCalls()).toBeLessThan(2 + all.length)
        return first
      },
    },
    { PATOIS_LIFETIME_ACCESS_TOKEN: '30s', PATOIS_LOG_LEVEL: 'info' },
  ))

test('what openid-client says about a wrong secret is what the pages have a cure for', async () => {
  const server = await startServer()
  const execute = [client.allowInsecureRequests]
  const wrong = client.ClientSecretBasic('wrong')
  const as = await client.discovery(new URL(server.issuer), 'cc', undefined, wrong, { execute })
  const code = 'OAUTH_WWW_AUTHENTICATE_CHALLENGE'
  await expect(client.clientCredentialsGrant(as)).rejects.toMatchObject({ code })
  await server.close()
})

test('signing people out', () =>
  play('docs/tasks/sign-out.md', {
    'The application': async (at) => {
      const url = at.here('http://127.0.0.1:3000')
      expect((await ann(url)(at)).trim()).toMatch(/^Signed in as \S+$/)
      const page = await at.visit(`${url}/sign-out`, 'nobody', 'nothing')
      expect((await at.visit(url, 'nobody', 'nothing')).text).toContain('name="password"')
      return page.text
    },
  }))

test('a command-line application', () =>
  play('docs/tasks/native-app.md', {
    'The program': async (at) => {
      const [url = ''] = /http:\S+\/authorize\S+/.exec(at.printed()) ?? []
      return ann(url)(at)
    },
  }))

test('a single-page application, in a real browser', () =>
  play('docs/tasks/single-page-app.md', {
    'The page': async ({ here }) => {
      const chromium = await startChromium()
      const { page, troubles } = await openPerson(chromium)
      await page.goto(here('http://127.0.0.1:3000'))
      await page.click('button')
      await page.fill('#username', 'ann')
      await page.fill('#password', 'password-of-ann')
      await page.click('#sign-in')
      await page.click('#allow')
      await page.locator('#who:not(:has(button))').waitFor()
      const said = await page.textContent('#who')
      expect(troubles).toEqual([])
      await chromium.close()
      return said ?? ''
    },
  }))
