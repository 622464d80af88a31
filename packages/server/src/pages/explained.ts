// A refusal as a developer needs it: what was sent, what was the matter, what was expected, the fix.

import { type Html, html } from './html.ts'
import type { Words } from './words/index.ts'

/** A field that was sent, and where it stood; a secret comes without its value. */
export interface SentField {
  readonly name: string
  readonly place?: string
  readonly value?: string
}

/** What a developer learns about a refusal; only dev mode hands it over. */
export interface Explained {
  /** The fields as they were read; absent when no request is known. */
  readonly sent?: readonly SentField[]
  /** What the caller heard. */
  readonly told: string
  /** The exact cause, where the caller did not hear it. */
  readonly found?: string
  readonly expected: string
  /** The very values that would have been right. */
  readonly rightValues?: readonly string[]
  readonly fix: string
}

/** The explanation; what the developer's sentences say they say in English. */
export function explanation(explained: Explained, words: Words): Html {
  const { sent, told, found = told, expected, rightValues = [], fix } = explained
  const say = words.error
  return html`<h3>${say.found}</h3>
<p id="found" lang="en">${found}</p>
${
  sent &&
  html`<h3 id="sent">${say.sent}</h3>
${sent.length === 0 ? html`<p>${say.nothingSent}</p>` : table(sent, words)}`
}
<h3>${say.expected}</h3>
<p id="expected" lang="en">${expected}</p>
${
  rightValues.length > 0 &&
  html`<ul id="right-values" class="values">
${rightValues.map((one) => html`<li><code>${one}</code></li>\n`)}</ul>`
}
<h3>${say.fix}</h3>
<p id="fix" lang="en">${fix}</p>`
}

function table(rows: readonly SentField[], { error: say }: Words): Html {
  return html`<table aria-labelledby="sent">
<thead><tr><th scope="col">${say.field}</th><th scope="col">${say.value}</th></tr></thead>
<tbody>
${rows.map(
  ({ name, place, value }) =>
    html`<tr><th scope="row">${breakable(name)}${
      place && html` <span class="place">${place}</span>`
    }</th><td>${shown(value, say)}</td></tr>\n`,
)}</tbody>
</table>`
}

function shown(value: string | undefined, say: Words['error']): Html | string {
  if (value === undefined) return html`<em>${say.secret}</em>`
  return value === '' ? html`<em>${say.empty}</em>` : value
}

// A long name breaks where it has a joint, not in the middle of a word.
function breakable(field: string): Html {
  return html`${field.split('_').map((part, at) => html`${at > 0 && html`_<wbr>`}${part}`)}`
}
