// The rules of escaping.

import { expect, test } from 'vitest'
import { fill, html, type Insert, safeAddress, text } from './html.ts'

test('what comes from outside is escaped, quotes included', () => {
  expect(text(html`<a title="${`"><script>'\`&`}">`)).toBe(
    '<a title="&quot;&gt;&lt;script&gt;&#39;&#96;&amp;">',
  )
})

test('HTML inside HTML and lists of it are kept', () => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`)
  expect(text(html`<ul>${items}</ul>`)).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>')
})

test('absent values are nothing, zero and the empty string are themselves', () => {
  expect(text(html`[${undefined}${null}${false}${''}${0}]`)).toBe('[0]')
})

test('an object from a JSON body cannot pass for HTML', () => {
  const forged = JSON.parse('{"made":"<b>","html":"<b>","Symbol(html)":"<b>"}') as Insert
  expect(() => text(html`${forged}`)).toThrow(TypeError)
})

test('a filled place is not filled again, and an unknown place is nothing', () => {
  const filled = fill('{client} asks {user}{nobody}', { client: '{user}<', user: html`<b>u</b>` })
  expect(text(filled)).toBe('{user}&lt; asks <b>u</b>')
})

test.each([
  'https://rp.test/cb?a=b',
  'http://127.0.0.1:5000/',
  'com.example.app:/cb',
  '/authorize?x=1',
  '/',
])('an address may be %j', (address) => {
  expect(safeAddress(address)).toBe(address)
})

test.each([
  'javascript:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'blob:https://rp.test/1',
  'file:///etc/passwd',
  '//evil.test',
  '/\\evil.test',
  '/\t/evil.test',
  'https:evil.test',
  '\\\\evil.test',
  'evil.test',
  '',
  undefined,
])('an address may not be %j', (address) => {
  expect(safeAddress(address)).toBeUndefined()
})
