// The playground at a real Chromium: every step is taken for real, in every dialect.

import { DIALECTS } from '@patois/core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { inspect } from '../door/chromium.ts'
import { people, setStage, stage } from '../door/stage.ts'

const names = DIALECTS.map(({ name }) => name)

setStage(() => ({ demo: true, configuration: { dialects: names } }))

const open = async (page: Page, dialect: string, grant = 'authorization_code'): Promise<void> => {
  await page.goto(stage.server.url(`/dev/play?${new URLSearchParams({ dialect, grant })}`))
}

const form = (step: string): string => `form[data-step=${step}]`

/** Presses a step's button; the answer's status. */
const take = async (page: Page, step: string): Promise<string> => {
  const said = page.waitForResponse((one) => one.url().endsWith('/dev/play'))
  await page.click(`${form(step)} button[type=submit]`)
  await said
  await page.waitForSelector(`${form(step)}:not([aria-busy])`)
  return (await page.textContent(`${form(step)} .status`)) ?? ''
}

const stepsOf = (page: Page): Promise<string[]> =>
  page.locator('form[data-step]').evaluateAll((all) => all.map((one) => one.dataset.step ?? ''))

/** The commands of a step by their titles. */
const commands = async (page: Page, step: string): Promise<Record<string, string>> =>
  page
    .locator(`.halves:has(${form(step)}) details`)
    .evaluateAll((all) =>
      Object.fromEntries(
        all.map((one) => [
          one.querySelector('summary')?.textContent ?? '',
          one.querySelector('.command')?.textContent ?? '',
        ]),
      ),
    )

describe('the playground', () => {
  const at = people()

  test.each(names)('takes every step of a sign-in in %s', async (dialect) => {
    const { page } = at
    await open(page, dialect)
    const statuses: string[] = []
    for (const step of await stepsOf(page)) statuses.push(await take(page, step))
    expect(statuses).toEqual([expect.stringMatching(/^30[23]$/), ...Array(5).fill('200')])
    expect(await page.textContent(`.halves:has(${form('introspect')}) .result`)).toContain(
      '"active": true',
    )
    const sent = stage.server.answers.filter(({ path }) => !path.startsWith('/dev/'))
    const { operations } = DIALECTS.find(({ name }) => name === dialect)!
    const exchange = Object.values(operations).find(
      ({ does, grants }) => does === 'token' && (grants?.includes('authorization_code') ?? true),
    )
    expect(sent.map(({ path }) => path)).toContain(exchange?.path.replace('{clientId}', 'demo'))
    if (dialect === 'cal') await inspect(page, 'dev-play-taken')
  })

  test('a sign-in on the pages brings its code here', async () => {
    const { page, context } = at
    await open(page, 'bolt')
    const opened = context.waitForEvent('page')
    await page.click('text=Sign in on the pages')
    const other = await opened
    const { username, password } = await demo(page)
    await other.fill('#username', username)
    await other.fill('#password', password)
    await other.click('#sign-in')
    // The user may have allowed it before.
    await other.waitForSelector('#allow, #code')
    if (await other.isVisible('#allow')) await other.click('#allow')
    await other.waitForURL('**/dev/callback**')
    const code = new URL(other.url()).searchParams.get('code')
    const input = page.locator(`${form('authorization_code')} input[name=code]`)
    await expect.poll(() => input.inputValue()).toBe(code)
    await other.close()
    expect(await take(page, 'authorization_code')).toBe('200')
  })

  test('a field that was changed is what is sent, and a refusal leads to its reason', async () => {
    const { page } = at
    await open(page, 'ultracart')
    await take(page, 'authorize')
    const before = (await commands(page, 'authorization_code')).curl
    await page.fill(`${form('authorization_code')} input[name=code_verifier]`, 'x'.repeat(43))
    await page.keyboard.press('Tab')
    await expect
      .poll(async () => (await commands(page, 'authorization_code')).curl)
      .not.toBe(before)
    expect((await commands(page, 'authorization_code')).curl).toContain('x'.repeat(43))
    expect(await take(page, 'authorization_code')).toBe('400')
    await inspect(page, 'dev-play-refused')
    await page.click('text=Why was this refused?')
    expect(await page.textContent('#found')).toContain('verifier')
  })

  test('copies a command', async () => {
    const { page, context } = at
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await open(page, 'cal')
    await page.click(`.halves:has(${form('userinfo')}) .copy >> nth=0`)
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toBe(`curl -s -H 'authorization: Bearer ACCESS_TOKEN' ${stage.server.url('/v2/me')}`)
  })
})

/** Who may sign in, as the start page says. */
const demo = async (page: Page) => {
  const text = await (await page.request.get(stage.server.url('/'))).text()
  const [, username = ''] = /<dt>Username<\/dt><dd>([^<]+)/.exec(text) ?? []
  const [, password = ''] = /<dt>Password<\/dt><dd>([^<]+)/.exec(text) ?? []
  return { username, password }
}

describe('without scripts', () => {
  const at = people({ scripts: false, locale: 'de-DE' })

  test('every step is there with its commands, and no button that does nothing', async () => {
    const { page } = at
    await open(page, 'cal')
    expect(await page.textContent('h1')).toBe('Spielwiese')
    expect(await stepsOf(page)).toHaveLength(6)
    expect(await page.locator('button:visible').count()).toBe(0)
    expect((await commands(page, 'refresh_token')).curl).toContain('/v2/oauth/demo/refresh')
  })
})
