// Every locale says everything, and the right one is chosen.

import { expect, test } from 'vitest'
import { de } from './de.ts'
import { devLocales } from './dev/index.ts'
import { en } from './en.ts'
import { chooseWords, locales } from './index.ts'

function sentences(words: object, path = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string' ? [[path + key, value]] : sentences(value, `${path}${key}.`),
  )
}

const places = (sentence: string) => (sentence.match(/\{\w+\}/g) ?? []).sort()

test.each(
  locales.flatMap((words) => [
    [words.lang, words, en as object] as const,
    [`${words.lang} of dev mode`, devLocales[words.lang] ?? {}, devLocales.en ?? {}] as const,
  ]),
)('%s says every sentence, none empty, with the places that English has', (_, words, english) => {
  const said = new Map(sentences(words))
  const asked = new Map(sentences(english))
  expect([...said.keys()].sort()).toEqual([...asked.keys()].sort())
  for (const [path, sentence] of said) {
    expect(sentence.trim(), path).not.toBe('')
    expect(places(sentence), path).toEqual(places(asked.get(path) ?? ''))
  }
})

test('the standard scopes have sentences', () => {
  const standard = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access']
  expect(Object.keys(en.scopes)).toEqual(standard)
})

test.each([
  ['de', undefined, de],
  ['fr de-CH en', undefined, de],
  ['DE-Latn-DE-1996', 'en', de],
  ['en', 'de', en],
  ['fr', 'de-AT', de],
  [undefined, 'en;q=0.8, de;q=0.9', de],
  [undefined, 'fr, en;q=0.5, de;q=0.4', en],
  [undefined, 'de;q=0, *;q=0.5', en],
  [undefined, 'de;q=2', en],
  [undefined, 'de ; q=0.7', de],
  ['../../etc/passwd', 'de', de],
  ['de/../../etc/passwd', undefined, en],
  ['__proto__ constructor', 'toString', en],
  ['de '.repeat(1700), undefined, en],
  [undefined, 'de,'.repeat(1700), en],
  ['', '', en],
  [undefined, undefined, en],
])('ui_locales %j and Accept-Language %j', (uiLocales, acceptLanguage, words) => {
  expect(chooseWords(uiLocales, acceptLanguage).lang).toBe(words.lang)
})
