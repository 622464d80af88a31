// A real Chromium for tests: found, started, watched, measured against WCAG and photographed.

import { accessSync, constants, mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const PICTURES = fileURLToPath(new URL('../../test-output/', import.meta.url))

const isThere = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Where Chromium is: CHROMIUM_PATH, or the first of its names on the PATH. */
const chromiumPath = (): string => {
  const { CHROMIUM_PATH, PATH = '' } = process.env
  if (CHROMIUM_PATH) return CHROMIUM_PATH
  const places = NAMES.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name)))
  const found = places.find(isThere)
  if (!found) throw new Error('There is no Chromium: install it, or name it in CHROMIUM_PATH.')
  return found
}

/** Starts Chromium. Throws when there is none: these tests are never skipped. */
export const startChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath(), args: FLAGS })

/** A person at a browser of their own, and all that a test must know of what happened there. */
export type Person = {
  context: BrowserContext
  page: Page
  /** Addresses that were asked for. */
  asked: string[]
  /** Dialogs that opened, scripts that threw and policies that were broken. */
  troubles: string[]
  close(): Promise<void>
}

/** What may be different about a browser; without `policies` it knows no CSP. */
export type PersonOptions = { scripts?: boolean; policies?: boolean; locale?: string }

/** Opens a browser without cookies. */
export const openPerson = async (
  browser: Browser,
  options: PersonOptions = {},
): Promise<Person> => {
  const { scripts = true, policies = true, locale = 'en-GB' } = options
  const context = await browser.newContext({
    javaScriptEnabled: scripts,
    bypassCSP: !policies,
    locale,
    reducedMotion: 'reduce',
    viewport: { width: 1280, height: 800 },
  })
  context.setDefaultTimeout(10_000)
  const asked: string[] = []
  const troubles: string[] = []
  context.on('request', (request) => void asked.push(request.url()))
  context.on('weberror', (error) => void troubles.push(error.error().message))
  context.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  context.on('console', (line) => {
    if (/Content Security Policy|Refused to/i.test(line.text())) troubles.push(line.text())
  })
  const page = await context.newPage()
  return { context, page, asked, troubles, close: () => context.close() }
}

/** What is wrong with a page as WCAG 2.2 A and AA see it, one line a fault. */
const faultsOf = async (page: Page): Promise<string[]> => {
  if (await page.evaluate(() => !('axe' in globalThis))) await page.evaluate(axe.source)
  return page.evaluate(async (values) => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run(document, {
      runOnly: { type: 'tag', values },
      resultTypes: ['violations'],
      preload: false,
    })
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  }, WCAG)
}

/**
 * Looks at the page that is open, in light and dark, wide and narrow: no fault against WCAG, nothing
 * that sticks out sideways. Leaves pictures in `test-output/`.
 */
export const inspect = async (page: Page, name: string): Promise<void> => {
  mkdirSync(PICTURES, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 })
      const place = `${name}-${colorScheme}-${width}`
      await page.screenshot({ path: join(PICTURES, `${place}.png`), fullPage: true })
      const sticksOut = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      expect([place, Math.max(0, sticksOut)]).toEqual([place, 0])
    }
    expect([name, colorScheme, await faultsOf(page)]).toEqual([name, colorScheme, []])
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 800 })
}

/** What an application heard at its redirect URI. */
export type Heard = { method: string; path: string; fields: Record<string, string> }

/** A tiny application on loopback. */
export type Application = {
  origin: string
  /** The same server under the name of another site. */
  otherSite: string
  callback: string
  heard: Heard[]
  /** Shows this HTML at `/page`. */
  show(html: string): void
  close(): Promise<void>
}

/** Starts an application that keeps what arrives at `/cb` and `/bye`. */
export const startApplication = async (): Promise<Application> => {
  const heard: Heard[] = []
  let shown = ''
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    let body = ''
    request.on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      const fields = Object.fromEntries([...url.searchParams, ...new URLSearchParams(body)])
      const isKept = ['/cb', '/bye'].includes(url.pathname)
      if (isKept) heard.push({ method: request.method ?? '', path: url.pathname, fields })
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.end(isKept ? '<!doctype html><title>App</title><h1>Arrived</h1>' : shown)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    otherSite: `http://localhost:${port}`,
    callback: `${origin}/cb`,
    heard,
    show: (html) => {
      shown = html
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
