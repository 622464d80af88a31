// The page that says in plain words what went wrong, and in dev mode how to fix it.

import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { facts } from './parts.ts'
import type { Words } from './words/index.ts'

/** What a developer learns about a refusal; only dev mode hands it over. */
export interface ErrorDetails {
  /** Names and values as they were sent, secrets already left out; absent when nobody asked. */
  readonly sent?: readonly (readonly [string, string])[]
  readonly expected: string
  readonly fix: string
}

/** What the error page shows; `sentence` is what the protocol would tell the client. */
export interface ErrorView {
  readonly base: string
  readonly status: number
  readonly code: string
  /** The exact cause, where the catalogue has a sentence of its own for it. */
  readonly reason?: string | undefined
  readonly sentence: string
  readonly requestId: string
  readonly details?: ErrorDetails | undefined
}

/** The error page. */
export function errorPage(view: ErrorView, words: Words): string {
  const { base, status, code, reason, sentence, requestId, details } = view
  const say = words.error
  const known = catalogued(reason, words) ?? catalogued(code, words)
  const title = known?.title ?? say.unknown
  const body = html`<h1>${title}</h1>
<p>${known?.sentence ?? sentence}</p>
${details && explained(details, words)}
<section class="reference" aria-labelledby="reference">
<h2 id="reference">${say.reference}</h2>
${facts([
  [say.code, code],
  [say.message, known && sentence],
  [say.status, String(status)],
  [say.requestId, requestId],
])}
</section>`
  return layout({ base, title, words, body, wide: details !== undefined })
}

function catalogued(name: string | undefined, { errors }: Words) {
  return Object.entries(errors).find(([known]) => known === name)?.[1]
}

function explained({ sent, expected, fix }: ErrorDetails, words: Words): Html {
  const say = words.error
  return html`<section class="details" aria-labelledby="details">
<h2 id="details">${say.details}</h2>
${
  sent &&
  html`<h3 id="sent">${say.sent}</h3>
${sent.length === 0 ? html`<p>${say.nothingSent}</p>` : table(sent, words)}`
}
<h3>${say.expected}</h3>
<p id="expected">${expected}</p>
<h3>${say.fix}</h3>
<p id="fix">${fix}</p>
</section>`
}

function table(rows: NonNullable<ErrorDetails['sent']>, { error: say }: Words): Html {
  return html`<table aria-labelledby="sent">
<thead><tr><th scope="col">${say.field}</th><th scope="col">${say.value}</th></tr></thead>
<tbody>
${rows.map(
  ([field, value]) =>
    html`<tr><th scope="row">${breakable(field)}</th><td>${
      value === '' ? html`<em>${say.empty}</em>` : value
    }</td></tr>\n`,
)}</tbody>
</table>`
}

// A long name breaks where it has a joint, not in the middle of a word.
function breakable(field: string): Html {
  return html`${field.split('_').map((part, at) => html`${at > 0 && html`_<wbr>`}${part}`)}`
}
