// The page that explains to a developer why a call was refused.

import { type Explained, explanation } from './explained.ts'
import { html } from './html.ts'
import { layout } from './layout.ts'
import { facts } from './parts.ts'
import type { Words } from './words/index.ts'

/** What the page shows; `from` is the request, while it is remembered. */
export interface WhyView {
  readonly base: string
  readonly reason: string
  readonly code: string
  readonly explained: Explained
  readonly from?: {
    readonly requestId: string
    readonly status: number
    readonly dialect: string
    readonly operation: string
    readonly path: string
  }
}

/** The page that explains a refusal. */
export function whyPage(view: WhyView, words: Words): string {
  const { base, reason, code, explained, from } = view
  const say = words.why
  const body = html`<p class="badge">${words.home.devMode}</p>
<h1>${say.title}</h1>
<p class="lead">${say.lead}</p>
<section class="details">
${explanation(explained, words)}
</section>
<section class="reference" aria-labelledby="told">
<h2 id="told">${say.told}</h2>
${facts([
  [words.error.code, code],
  [words.error.message, explained.told],
  [words.error.status, from && String(from.status)],
  [say.reason, reason],
  [say.path, from?.path],
  [say.operation, from?.operation],
  [say.dialect, from?.dialect],
  [words.error.requestId, from?.requestId],
])}
${!from && html`<p class="note">${say.unknown}</p>`}
</section>`
  return layout({ base, title: say.title, words, body, wide: true })
}
