// Redaction: takes secrets, and what would upset a terminal, out of text that somebody else wrote.

import { SECRET_FIELDS } from '@patois/core'

/** What stands instead of a secret. */
export const HIDDEN = '[secret]'

// `client_secret`, `clientSecret` and `Client-Secret` are one name.
const NAMES = SECRET_FIELDS.map((name) => name.replace('_', '[_-]?')).join('|')

const BARE = [
  // Codes, tokens and session secrets of ours, whole or cut.
  /\b(?:test_)?p[acrs]_[\w-]{16,}/g,
  /\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g,
]
/** What stands before a secret, and is kept, is the first group. */
const NAMED = [
  new RegExp(`((?:\\b|%[0-9a-f]{2})(?:${NAMES})(?:=|%3D))[^&\\s"'#]+`, 'gi'),
  new RegExp(`(["'](?:${NAMES})["']\\s*:\\s*["'])[^"']*`, 'gi'),
  /(\b(?:basic|bearer)\s+)[\w+/=.~-]{8,}/gi,
  /(:\/\/[^/\s:@]*:)[^/\s@]+(?=@)/g,
]
// JSON escapes what is below a space; a terminal also obeys these, and some turn text around.
const CONTROLS = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g

/** What has none of this has nothing that any pattern looks for; in JSON a quote is escaped. */
const ODD = /[=%'@\\\u007f-\uffff]/
const MARKED = /p[acrs]_|(?:basic|bearer)\s/i

/**
 * True for text without quotes, and for JSON whose texts have none, that redacting would change in
 * nothing. One pattern for all of it takes three times as long.
 */
export function isPlain(text: string): boolean {
  if (ODD.test(text) || text.includes('eyJ')) return false
  return !(/[_\s]/.test(text) && MARKED.test(text))
}

/** The text without secrets and control characters, cut after `longest` characters. */
export function redact(text: string, longest: number): string {
  if (text.length <= longest && !text.includes('"') && isPlain(text)) return text
  // A secret that the cut goes through must still be long enough to be known.
  let safe = text.slice(0, longest + 256)
  for (const pattern of BARE) safe = safe.replace(pattern, HIDDEN)
  for (const pattern of NAMED) safe = safe.replace(pattern, `$1${HIDDEN}`)
  safe = safe.replace(CONTROLS, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return safe.length > longest ? `${safe.slice(0, longest)}…` : safe
}
