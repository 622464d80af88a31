// Chooses the language a person reads: what the application asked for, then what the browser says.

import { de } from './de.ts'
import { en, type Words } from './en.ts'

export type { Words } from './en.ts'

/** Every locale, one line each. */
export const locales: readonly Words[] = [en, de]

// No honest list is longer, and both come from outside.
const longestList = 500

/**
 * Chooses the words: `ui_locales` first (OpenID Connect Core §3.1.2.1), then `Accept-Language`
 * (RFC 9110 §12.5.4), English when neither names a language we have.
 */
export function chooseWords(
  uiLocales: string | undefined,
  acceptLanguage: string | undefined,
): Words {
  return firstKnown(split(uiLocales, ' ')) ?? firstKnown(byPreference(acceptLanguage)) ?? en
}

function firstKnown(tags: readonly string[]): Words | undefined {
  for (const tag of tags) {
    const language = /^([a-z]{2,3})(-[a-z0-9]{1,8})*$/i.exec(tag)?.[1]?.toLowerCase()
    const words = locales.find(({ lang }) => lang === language)
    if (words) return words
  }
  return undefined
}

function byPreference(acceptLanguage: string | undefined): string[] {
  return split(acceptLanguage, ',')
    .map((entry) => {
      const [tag = '', weight = 'q=1'] = entry.split(';').map((part) => part.trim())
      return { tag, weight: Number(/^q=([01](?:\.\d{0,3})?)$/i.exec(weight)?.[1] ?? 0) }
    })
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .map(({ tag }) => tag)
}

function split(list: string | undefined, by: string): string[] {
  return list === undefined || list.length > longestList ? [] : list.split(by)
}
