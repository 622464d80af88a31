// Sessions through the door: how long they live, used and unused, and what noting their use costs.

import type { Plan, Store } from '@patois/core'
import { Unavailable } from '@patois/core'
import { afterEach, expect, test } from 'vitest'
import { logIn, openBrowser, type TestBrowser } from '../door/browser.ts'
import { checkLog } from '../door/rules.ts'
import { startServer, type TestServer } from '../door/server.ts'
import { countRows } from '../door/tokens.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE

let server: TestServer
let notes: number
let failing: boolean
afterEach(async () => {
  checkLog(server)
  await server.close()
})

const isNote = (plan: Plan): boolean => plan.changes.some((change) => 'extend' in change)

/** A server that counts how often it wrote down that a session is in use. */
const start = async (lifetimes: Record<string, unknown> = {}): Promise<TestBrowser> => {
  notes = 0
  failing = false
  const wrapStore = (store: Store): Store => ({
    ...store,
    async commit(plan) {
      if (failing && isNote(plan)) throw new Unavailable('The disk is full.')
      if (isNote(plan)) notes++
      return store.commit(plan)
    },
  })
  server = await startServer({ wrapStore, configuration: { lifetimes } })
  const browser = openBrowser()
  await logIn(server, browser, await browser.get(server.url('/login')))
  return browser
}

const isSignedIn = async (browser: TestBrowser): Promise<boolean> =>
  !(await browser.get(server.url('/login'))).text.includes('name="password"')

test('a session that nobody uses is over after two hours', async () => {
  const browser = await start()
  server.clock.advance(2 * HOUR - 1)
  expect(await isSignedIn(browser)).toBe(true)
  server.clock.advance(2 * HOUR)
  expect(await isSignedIn(browser)).toBe(false)
  // Over is over: the clock of a session is not set back by somebody who comes late.
  expect(await isSignedIn(browser)).toBe(false)
})

test('a session that is used lasts for twelve hours, to the second', async () => {
  const browser = await start()
  for (let passed = 0; passed < 11 * HOUR; passed += HOUR) {
    server.clock.advance(HOUR)
    expect(await isSignedIn(browser)).toBe(true)
  }
  server.clock.advance(HOUR - 1)
  expect(await isSignedIn(browser)).toBe(true)
  server.clock.advance(1)
  expect(await isSignedIn(browser)).toBe(false)
})

test('its use is noted every five minutes at most, and never twice', async () => {
  const browser = await start()
  for (let passed = 0; passed < HOUR; passed += MINUTE) {
    for (let twice = 0; twice < 2; twice++) expect(await isSignedIn(browser)).toBe(true)
    server.clock.advance(MINUTE)
  }
  expect(notes).toBe(11)
  server.clock.advance(2 * HOUR - 5 * MINUTE - 1)
  expect(await isSignedIn(browser)).toBe(true)
})

test('a short idle time is kept to within a tenth of it', async () => {
  const browser = await start({ session_idle: '100s', session: '1h' })
  server.clock.advance(9)
  expect(await isSignedIn(browser)).toBe(true)
  expect(notes).toBe(0)
  server.clock.advance(90)
  expect(await isSignedIn(browser)).toBe(true)
  expect(notes).toBe(1)
  server.clock.advance(100)
  expect(await isSignedIn(browser)).toBe(false)
})

test('an idle time that is longer than the session changes nothing', async () => {
  const browser = await start({ session_idle: '24h' })
  for (let hour = 0; hour < 11; hour++) {
    server.clock.advance(HOUR)
    expect(await isSignedIn(browser)).toBe(true)
  }
  expect(notes).toBe(0)
  server.clock.advance(HOUR)
  expect(await isSignedIn(browser)).toBe(false)
})

test('a use that cannot be noted keeps nobody out, and is noted the next time', async () => {
  const browser = await start()
  server.clock.advance(HOUR)
  failing = true
  expect(await isSignedIn(browser)).toBe(true)
  expect(server.log.join('\n')).toContain('the use of a session was not noted')
  failing = false
  expect(await isSignedIn(browser)).toBe(true)
  expect(notes).toBe(1)
})

test('a session that nobody uses is swept a day after it was over', async () => {
  const browser = await start()
  server.clock.advance(HOUR)
  expect(await isSignedIn(browser)).toBe(true)
  server.clock.advance(26 * HOUR - 1)
  await server.store.sweep(server.clock.now(), 100)
  expect(countRows(server, 'sessions')).toBe(1)
  server.clock.advance(1)
  await server.store.sweep(server.clock.now(), 100)
  expect(countRows(server, 'sessions')).toBe(0)
})
