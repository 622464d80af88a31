// The page that says in plain words what went wrong, and in dev mode how to fix it.

import { type Explained, explanation } from './explained.ts'
import { html } from './html.ts'
import { layout } from './layout.ts'
import { facts } from './parts.ts'
import type { Words } from './words/index.ts'

/** What the error page shows; `sentence` is what the protocol would tell the client. */
export interface ErrorView {
  readonly base: string
  readonly status: number
  readonly code: string
  /** The exact cause, where the catalogue has a sentence of its own for it. */
  readonly reason?: string | undefined
  readonly sentence: string
  readonly requestId: string
  readonly details?: Explained | undefined
}

/** The error page. */
export function errorPage(view: ErrorView, words: Words): string {
  const { base, status, code, reason, sentence, requestId, details } = view
  const say = words.error
  const known = catalogued(reason, words) ?? catalogued(code, words)
  const title = known?.title ?? say.unknown
  const body = html`<h1>${title}</h1>
<p>${known?.sentence ?? sentence}</p>
${
  details &&
  html`<section class="details" aria-labelledby="details">
<h2 id="details">${say.details}</h2>
${explanation(details, words)}
</section>`
}
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
