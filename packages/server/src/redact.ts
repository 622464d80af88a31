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

// What has none of these has nothing that any pattern looks for.
const DOUBTS = "[=%'@\\\\\\u007f-\\uffff]|p[acrs]_|eyJ|(?:basic|bearer)\\s"
const DOUBTFUL = new RegExp(`"|${DOUBTS}`, 'i')
const DOUBTFUL_JSON = new RegExp(DOUBTS, 'i')

/** True for JSON that redacting its texts would change in nothing; a quote in a text is escaped. */
export function isPlain(json: string): boolean {
  return !DOUBTFUL_JSON.test(json)
}

/** The text without secrets and control characters, cut after `longest` characters. */
export function redact(text: string, longest: number): string {
  if (text.length <= longest && !DOUBTFUL.test(text)) return text
  // A secret that the cut goes through must still be long enough to be known.
  let safe = text.slice(0, longest + 256)
  for (const pattern of BARE) safe = safe.replace(pattern, HIDDEN)
  for (const pattern of NAMED) safe = safe.replace(pattern, `$1${HIDDEN}`)
  safe = safe.replace(CONTROLS, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return safe.length > longest ? `${safe.slice(0, longest)}…` : safe
}
