// The words of dev mode's pages, apart from the others so that nobody loads them in production.

import type { Words } from '../index.ts'
import { de } from './de.ts'
import { type DevWords, en } from './en.ts'

export type { DevWords } from './en.ts'

/** Every locale of dev mode, by its language. */
export const devLocales: Readonly<Record<string, DevWords>> = { en, de }

/** The words of dev mode in the language that was chosen. */
export function devWords({ lang }: Words): DevWords {
  return devLocales[lang] ?? en
}
