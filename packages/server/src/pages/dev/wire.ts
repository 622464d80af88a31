// Requests and answers as they go over the wire, with the names that the core has for their parts.

import { type Html, html } from '../html.ts'

/** A piece of a line; `fields` are the core's names for what it says. */
export type Piece = { readonly text: string; readonly fields: readonly string[] }

/** A line of a request or an answer. */
export type Line = readonly Piece[]

/** What the fields of a page are marked with: the same number is the same colour everywhere. */
export type Marks = ReadonlyMap<string, number>

// They have their colour on every page; the others have the next ones.
const KNOWN = [
  'client_id',
  'client_secret',
  'code',
  'access_token',
  'refresh_token',
  'scope',
  'redirect_uri',
  'grant_type',
  'access_expires_at',
  'code_verifier',
  'state',
  'id_token',
]

/** Gives each field of these lines a number. */
export function marksOf(lines: readonly Line[]): Marks {
  const found = new Set(lines.flat().flatMap(({ fields }) => fields))
  const others = [...found].filter((one) => !KNOWN.includes(one))
  const numbered = [...KNOWN, ...others].map((field, number) => [field, number] as const)
  return new Map(numbered.filter(([field]) => found.has(field)))
}

/** Lines of text in which each field is marked and named. */
export function wire(lines: readonly Line[], marks: Marks): Html {
  return html`<pre class="wire"><code>${lines.map((line) => html`<span class="line">${line.map((one) => piece(one, marks))}</span>`)}</code></pre>`
}

function piece({ text, fields }: Piece, marks: Marks): Html | string {
  if (fields.length === 0) return text
  const classes = fields.map((field) => `field-${marks.get(field) ?? 0}`).join(' ')
  // What the wire calls by the core's own name says it itself.
  const others = fields.filter((field) => !text.includes(field))
  return html`<span class="field ${classes}">${text}</span>${
    others.length > 0 && html`<span class="label ${classes}">${others.join(', ')}</span>`
  }`
}
