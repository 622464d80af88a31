// The dialect lens at a real Chromium: what means the same is marked alike in every dialect.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DIALECTS, type Dialect, type FieldName } from '@patois/core'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { inspect } from '../door/chromium.ts'
import { people, setStage, stage } from '../door/stage.ts'

const names = DIALECTS.map(({ name }) => name)
const KIWI = {
  extends: 'standard',
  name: 'kiwi',
  title: 'Kiwi',
  operations: { token: { path: '/kiwi/token', reads: { code: 'form ticket' } } },
}
const folder = mkdtempSync(join(tmpdir(), 'patois-lens-'))
const file = join(folder, 'kiwi.json')
writeFileSync(file, JSON.stringify(KIWI))
afterAll(() => rmSync(folder, { recursive: true }))

setStage(() => ({
  demo: true,
  configuration: { dialects: [...names, { dialect: file, at: '/kiwi' }] },
}))

const open = async (page: Page, query: string): Promise<void> => {
  const answer = await page.goto(stage.server.url(`/dev/lens?${query}`))
  expect(answer?.status()).toBe(200)
}

/** What is outlined, by dialect and part: only what is chosen or pointed at is. */
const outlined = (page: Page): Promise<Record<string, string[]>> =>
  page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll('article')].map((one) => [
        one.querySelector('h2')?.textContent,
        [...one.querySelectorAll('.field')]
          .filter((field) => getComputedStyle(field).outlineStyle === 'solid')
          .map((field) => field.textContent),
      ]),
    ),
  )

const grantsOf = (dialect: Dialect, grant: string) =>
  Object.values(dialect.operations).filter(
    ({ does, grants }) => does === 'token' && (grants?.includes(grant) ?? true),
  )

describe('the lens', () => {
  const at = people()

  test('is found from the start page', async () => {
    const { page } = at
    await page.goto(stage.server.url('/'))
    await page.click('text=Dialect lens')
    expect(await page.textContent('h1')).toBe('Dialect lens')
    await page.getByText('GET /authorize').first().waitFor({ state: 'visible' })
    await inspect(page, 'dev-lens-authorize')
  })

  test('shows a call in every dialect that has it, and says which have not', async () => {
    const { page } = at
    for (const grant of ['authorization_code', 'refresh_token', 'client_credentials']) {
      await open(page, `operation=${grant}`)
      const titles = await page.locator('article h2').allTextContents()
      const able = DIALECTS.filter((dialect) => grantsOf(dialect, grant).length > 0)
      expect(titles).toEqual([...able.map(({ title }) => title), 'Kiwi'])
      const note = (await page.locator('.lens > .note').allTextContents()).join()
      for (const one of DIALECTS) expect(note.includes(one.title)).toBe(!able.includes(one))
    }
  })

  test('follows a field through all dialects, chosen by the keyboard', async () => {
    const { page } = at
    await open(page, 'operation=authorization_code')
    await page.focus('#pick-all')
    const seen = new Map<string, Record<string, string[]>>()
    const count = await page.locator('.legend input').count()
    for (let step = 1; step < count; step++) {
      await page.keyboard.press('ArrowRight')
      const id = await page.evaluate(() => document.activeElement?.id)
      seen.set((await page.textContent(`label[for=${id}]`)) ?? '', await outlined(page))
    }
    const fields: Partial<Record<FieldName, string>> = {
      code: 'a-code',
      code_verifier: 'a-verifier',
    }
    for (const [field, value] of Object.entries(fields)) {
      for (const [title, texts] of Object.entries(seen.get(field) ?? {})) {
        expect([title, texts]).toEqual([title, [expect.stringContaining(value)]])
      }
      expect(Object.keys(seen.get(field) ?? {})).toHaveLength(names.length + 1)
    }
    expect(seen.get('code')).toMatchObject({
      'Cal.com': ['authorization: Bearer a-code'],
      Kiwi: ['&ticket=a-code'],
      UltraCart: ['&code=a-code'],
    })
    expect(seen.get('client_secret')).toMatchObject({
      'Cal.com': ['"clientSecret": "secret-of-the-shop",'],
      Bolt: ['&client_secret=secret-of-the-shop'],
      Kiwi: [`authorization: Basic ${btoa('shop:secret-of-the-shop')}`],
    })
    expect(seen.get('access_expires_at')).toMatchObject({
      'Cal.com': ['"accessTokenExpiresAt": 1893459600000,'],
      UltraCart: ['"expires_in": "3600",'],
      Kiwi: ['"expires_in": 3600,'],
    })
    await inspect(page, 'dev-lens-chosen')
  })

  test('links what the pointer is on, and shows another refusal in each one’s own words', async () => {
    const { page } = at
    await open(page, 'operation=refresh_token')
    await page.hover('text=x-cal-secret-key')
    expect(await outlined(page)).toMatchObject({ Bolt: ['&client_secret=secret-of-the-shop'] })
    await page.click('text=client_secret_wrong')
    const refusals = await page.locator('article section:nth-of-type(3)').allTextContents()
    expect(refusals.map((text) => /[45]\d\d/.exec(text)?.[0])).toEqual([
      '401',
      '403',
      '401',
      '401',
      '400',
      '401',
    ])
    expect(refusals.join()).toContain('"message": "Invalid client secret"')
    expect(refusals.join()).toContain('uc-rest-error: Client authentication failed.')
  })

  test.each(['userinfo', 'introspect', 'revoke', 'password', 'logout'])(
    'shows %s',
    async (name) => {
      await open(at.page, `operation=${name}`)
      expect(await at.page.locator('article').count()).toBeGreaterThan(0)
    },
  )
})

describe('without scripts', () => {
  const at = people({ scripts: false, locale: 'de-DE' })

  test('the lens works all the same, and in German', async () => {
    const { page } = at
    await open(page, 'operation=authorization_code')
    expect(await page.textContent('h1')).toBe('Dialektlupe')
    await page.check('#pick-2', { force: true })
    const marked = page.locator('.field.field-2')
    expect(await marked.count()).toBeGreaterThan(names.length)
  })
})
