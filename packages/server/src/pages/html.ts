// Builds HTML in which everything that came from outside is escaped.

const made: unique symbol = Symbol('html')

/** HTML that was built by `html`, so that it may stand in another piece of HTML as it is. */
export interface Html {
  // A symbol, because a JSON body could bring any string key and pass for HTML.
  readonly [made]: string
}

/** What may be inserted: HTML is kept, an absent value is nothing, all else is escaped. */
export type Insert = Html | string | number | false | null | undefined | readonly Insert[]

/** Builds HTML from a template, escaping every inserted value that is not HTML itself. */
export function html(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return { [made]: strings.map((string, at) => string + write(inserts[at])).join('') }
}

/** The text of HTML, ready to be sent. */
export function text(value: Html): string {
  return value[made]
}

/** Fills the `{name}` places of a catalogue sentence, in one pass, so that no insert is filled. */
export function fill(sentence: string, inserts: Readonly<Record<string, Insert>>): Html {
  const parts = sentence.split(/\{(\w+)\}/)
  return html`${parts.map((part, at) => (at % 2 === 0 ? part : inserts[part]))}`
}

/**
 * An address that a link or form may lead to: a path of ours, http(s), or a private-use scheme with
 * a dot (RFC 8252 §7.1); undefined for all others, which is where `javascript:` and `//host` end.
 */
export function safeAddress(address: string | undefined): string | undefined {
  const safe = /^(https?:\/\/|[a-z][a-z0-9+-]*\.[a-z0-9+.-]*:|\/(?![/\\]))/i
  // Browsers drop tabs and line breaks before they read an address, so none may hide in one.
  return address !== undefined && safe.test(address) && !/[\t\r\n]/.test(address)
    ? address
    : undefined
}

function write(insert: Insert): string {
  if (insert === undefined || insert === null || insert === false) return ''
  if (typeof insert === 'string' || typeof insert === 'number') return escaped(String(insert))
  return made in insert ? insert[made] : insert.map(write).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

function escaped(plain: string): string {
  return plain.replace(/[&<>"'`]/g, (sign) => entities[sign] ?? '')
}
