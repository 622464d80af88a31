// People at a real Chromium: they sign in, allow, deny, sign out and are attacked on the way.

import { describe, expect, test } from 'vitest'
import { PASSWORDS } from '../door/fixtures.ts'
import {
  arrive,
  authorizeUrl,
  lastHeard,
  people,
  rightAnswer,
  setStage,
  stage,
} from '../door/stage.ts'
import { tellStories } from './chromium-stories.ts'

setStage()

describe('a person with JavaScript', () => tellStories(true))

describe('at the door', () => {
  const at = people()

  test('signing in needs the keyboard alone', async () => {
    const { page } = at
    await page.goto(authorizeUrl({ prompt: 'consent' }))
    const focused = () => page.evaluate(() => document.activeElement?.id)
    // The browser moves the focus when it first draws the page.
    await expect.poll(focused).toBe('username')
    await page.keyboard.type('alice')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORDS.alice ?? '')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#allow')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('deny')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('allow')
    const ring = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement as Element)
      return `${outlineWidth} ${outlineStyle}`
    })
    expect(ring).toBe('3px solid')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${stage.app.callback}**`)
    expect(lastHeard()).toEqual(rightAnswer())
  })

  test('cookies are out of reach of scripts and of other sites', async () => {
    const { page, context } = at
    await arrive(page)
    const cookies = await context.cookies(stage.server.origin)
    const rules = cookies.map(({ value: _, domain, ...rest }) => rest)
    const common = { path: '/', httpOnly: true, sameSite: 'Lax', secure: false, expires: -1 }
    expect(rules.sort((one, other) => (one.name < other.name ? -1 : 1))).toEqual([
      { ...common, name: expect.stringMatching(/^patois-browser-[0-9a-f]{8}$/) },
      {
        ...common,
        name: expect.stringMatching(/^patois-device-[0-9a-f]{8}$/),
        expires: expect.any(Number),
      },
      { ...common, name: expect.stringMatching(/^patois-session-[0-9a-f]{8}$/) },
    ])
    await page.goto(stage.server.url('/login'))
    expect(await page.evaluate(() => document.cookie)).toBe('')
  })

  test('signing in gives the browser another session', async () => {
    const { page, context } = at
    const session = async () =>
      (await context.cookies()).find(({ name }) => name.startsWith('patois-session'))?.value
    await arrive(page)
    const before = await session()
    await arrive(page, { prompt: 'login' })
    const after = await session()
    expect(before && after && before !== after).toBe(true)
  })

  test('no page of ours can be framed by another origin', async () => {
    const { page } = at
    await arrive(page)
    const authorize = authorizeUrl().slice(stage.server.issuer.length)
    for (const path of ['/login', '/logout', authorize, '/']) {
      stage.app.show(
        `<!doctype html><title>Frame</title><iframe src="${stage.server.url(path)}"></iframe>`,
      )
      const blocked = page.waitForEvent('console', (line) => line.text().startsWith('Framing'))
      await page.goto(`${stage.app.otherSite}/page`)
      expect((await blocked).text()).toContain("frame-ancestors 'none'")
      const frame = () => page.frames().find((one) => one !== page.mainFrame())
      await expect.poll(() => frame()?.url()).toBe('chrome-error://chromewebdata/')
    }
    expect(at.troubles.length).toBe(4)
    expect(at.troubles.every((one) => one.includes("frame-ancestors 'none'"))).toBe(true)
    at.troubles.length = 0
  })
})
