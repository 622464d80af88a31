// A user at a dialect's authorize page: signs in, allows, and comes back with a code.

import { answerOf, type Page, type TestBrowser, walkFrom } from '../door/browser.ts'
import type { TestServer } from '../door/server.ts'

/** Goes to a dialect's authorize page and on to wherever that ends. */
export const visit = (
  server: TestServer,
  browser: TestBrowser,
  path: string,
  params: Record<string, string>,
): Promise<Page> =>
  walkFrom(server, browser, server.url(`${path}?${new URLSearchParams(params)}`), 'alice')

/** The code that a visit ended with. */
export const codeOf = (page: Page): string => {
  const answer = answerOf(page)
  const code = answer.get('code')
  if (!code) throw new Error(`no code: ${answer}`)
  return code
}
