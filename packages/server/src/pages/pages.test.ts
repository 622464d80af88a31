// What holds for every page: nothing from outside becomes markup, nothing runs, nothing is fetched.

import { expect, test } from 'vitest'
import { callbackPage } from './callback.ts'
import { consentPage } from './consent.ts'
import { flowPage } from './dev/flow.ts'
import { lensPage } from './dev/lens.ts'
import { outcome, playPage } from './dev/play.ts'
import { errorPage } from './error.ts'
import { formPostPage } from './form-post.ts'
import { homePage } from './home.ts'
import { loginPage } from './login.ts'
import { logoutPage, signedOutPage } from './logout.ts'
import { signedInPage } from './signed-in.ts'
import { whyPage } from './why.ts'
import { devWords } from './words/dev/index.ts'
import { en } from './words/en.ts'
import { locales, type Words } from './words/index.ts'

const evil = `"><script>1</script><img src=x onerror=1 style=x>'\``
const common = { base: '/auth', action: '/auth/login', request: evil, csrf: evil }
const scopes = [{ name: evil }, { name: 'x', sentence: evil }, { name: 'email' }]
const commands = [{ dialect: evil, title: evil, command: evil }]
const secrets = { clientId: evil, clientSecret: evil, username: evil, password: evil }
const details = {
  sent: [{ name: evil, place: evil, value: evil }, { name: evil }],
  told: evil,
  found: evil,
  expected: evil,
  rightValues: [evil],
  fix: evil,
}
const from = { requestId: evil, status: 400, dialect: evil, operation: evil, path: evil }

const pages: Record<string, (words: Words) => string> = {
  login: (words) =>
    loginPage({ ...common, username: evil, clientName: evil, error: 'wrong' }, words),
  consent: (words) =>
    consentPage(
      {
        ...common,
        ...{ clientName: evil, clientId: evil, redirectHost: evil, username: evil },
        ...{ scopes, dropped: [evil] },
      },
      words,
    ),
  logout: (words) => logoutPage({ ...common, username: evil, clientName: evil }, words),
  signedOut: (words) =>
    signedOutPage({ base: '', clientName: evil, continueUrl: `/bye${evil}` }, words),
  signedIn: (words) => signedInPage({ base: '', username: evil, logoutUrl: '/logout' }, words),
  error: (words) =>
    errorPage(
      { base: '', status: 400, code: evil, sentence: evil, requestId: evil, details },
      words,
    ),
  why: (words) => whyPage({ base: '', reason: evil, code: evil, explained: details, from }, words),
  home: (words) =>
    homePage(
      { base: '', issuer: evil, dev: { ...secrets, signInUrl: evil, commands }, links: [] },
      words,
    ),
  callback: (words) => callbackPage({ base: '', code: evil, command: evil }, words),
  lens: (words) => {
    const line = [[{ text: evil, fields: [evil] }]]
    const column = { name: evil, title: evil, request: line, answer: line, refusal: line }
    const chosen = { topics: [evil], topic: evil, reasons: [evil], reason: evil }
    return lensPage({ base: '', ...chosen, columns: [column] }, words, devWords(words))
  },
  flow: (words) => {
    const line = [[{ text: evil, fields: [] }]]
    const arrow = { from: 'client', to: 'server', label: evil, note: evil } as const
    const named = { dialect: evil, operation: evil, grant: evil, client: evil, user: evil }
    const call = {
      ...{ seq: 1, at: evil, arrows: [arrow], isRefused: true, families: [1], why: evil },
      facts: { ...named, reason: evil, fault: evil, took: evil },
      lineage: [{ kind: evil, id: 1 }],
      ...{ request: line, answer: line },
    }
    const fault = { id: evil, where: evil, hits: 0, kind: evil, members: evil }
    const chosen = { name: 'client', chosen: evil, values: [evil] } as const
    const view = {
      ...{ base: '', query: evil, latest: 1, after: 1, isShortened: true, choices: [chosen] },
      ...{ calls: [call], clock: { now: 0, frozen: false, offsetSeconds: 0 }, faults: [fault] },
      ...{ samples: [], dialects: [evil], operations: [evil], consent: 'ask' as const },
    }
    return flowPage(view, words, devWords(words))
  },
  play: (words) => {
    const snippets = [{ title: evil, language: evil, text: evil, registration: evil }]
    const fields = [{ name: evil, value: evil, from: evil }]
    const step = { name: evil, call: evil, borrowed: evil, fields, href: evil, snippets }
    const dialects = [{ name: evil, title: evil }]
    const chosen = { dialects, dialect: evil, grants: [evil], grant: evil, steps: [step] }
    return playPage({ base: '', ...chosen }, words, devWords(words))
  },
  refused: (words) => callbackPage({ base: '', error: evil, errorDescription: evil }, words),
}

test.each(Object.entries(pages))('%s lets nothing through', (_, page) => {
  for (const words of locales) {
    const written = page(words)
    expect(written).toMatch(new RegExp(`^<!doctype html>\n<html lang="${words.lang}">`))
    expect(written).toContain('&lt;script&gt;1&lt;/script&gt;')
    const markup = written.replace(/"[^"]*"/g, '""')
    // A file of our own is the only script that a page may name.
    expect(markup).not.toMatch(
      /<script(?! type="" src=""><\/script>)|<style|<img|<[^>]*\s(on\w+|style)=|undefined|\[object/,
    )
    expect(written).not.toMatch(/(href|src|action)="(https?:)?\/\//)
  }
})

test('an error that the catalogue knows is told in its words, another one in the server’s', () => {
  const view = { base: '', status: 400, sentence: 'Plain.', requestId: 'r-1' }
  const { invalid_request: plain, redirect_mismatch: exact } = en.errors
  expect(errorPage({ ...view, code: 'invalid_request' }, en)).toContain(plain.title)
  const known = { ...view, code: 'invalid_request', reason: 'redirect_mismatch' }
  expect(errorPage(known, en)).toContain(exact.title)
  for (const code of ['unheard_of', 'constructor', '__proto__'])
    expect(errorPage({ ...view, code }, en)).toContain('<p>Plain.</p>')
})

test('only dev mode’s details tell what was sent', () => {
  const view = { base: '', status: 400, code: 'x', sentence: 's', requestId: 'r' }
  expect(errorPage(view, en)).not.toContain(en.error.sent)
  expect(errorPage({ ...view, details }, en)).toContain(en.error.sent)
})

test('what came of a step lets nothing through', () => {
  const line = [[{ text: evil, fields: [evil] }]]
  const taken = { status: 200, request: line, answer: line, why: `javascript:${evil}` }
  const written = outcome({ snippets: [], taken }, devWords(en))
  expect(written).toContain('&lt;script&gt;1&lt;/script&gt;')
  expect(written).not.toMatch(/<(script|img)|javascript:/)
})

test('the time to wait is told in the reader’s language', () => {
  const [, german] = locales
  const view = { ...common, error: 'throttled' as const }
  expect(loginPage({ ...view, retryAfter: 61 }, en)).toContain('wait 2 minutes')
  expect(loginPage({ ...view, retryAfter: 30 }, german ?? en)).toContain('30 Sekunden')
})

test('the sign-in page puts the cursor where typing starts', () => {
  const focused = (page: string) => /id="(\w+)"[^>]*autofocus/.exec(page)?.[1]
  expect(focused(loginPage(common, en))).toBe('username')
  expect(focused(loginPage({ ...common, username: 'alice' }, en))).toBe('password')
})

test('the way on after a sign-out leads nowhere dangerous', () => {
  for (const continueUrl of ['javascript:alert(1)', '//evil.test', '/\\evil.test', 'https:evil'])
    expect(signedOutPage({ base: '', continueUrl }, en)).not.toContain('<a ')
})

test('a form post runs one script with the nonce, and only towards a web server', () => {
  const view = { base: '', fields: { code: 'c', state: evil }, nonce: 'n-1' }
  const sent = formPostPage({ ...view, action: 'https://rp.test/cb' }, en)
  expect(sent.match(/<script[^>]*>/g)).toEqual(['<script nonce="n-1">'])
  expect(sent).toContain('<form method="post" action="https://rp.test/cb">')
  for (const action of ['javascript:alert(1)', 'data:text/html,x', 'com.example.app:/cb', '/cb']) {
    const blocked = formPostPage({ ...view, action }, en)
    expect(blocked).not.toMatch(/<form|<script/)
  }
})
