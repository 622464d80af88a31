// The page that carries an answer to the application in a form (response_mode=form_post).

import { html, safeAddress } from './html.ts'
import { layout } from './layout.ts'
import { hidden } from './parts.ts'
import type { Words } from './words/index.ts'

/** The application's address and the answer; `nonce` is the one in the response's CSP. */
export interface FormPostView {
  readonly base: string
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
  readonly nonce: string
}

/** The page that posts itself; without JavaScript its button does (Form Post Response Mode §2). */
export function formPostPage({ base, action, fields, nonce }: FormPostView, words: Words): string {
  const { title, sentence, submit, blocked } = words.formPost
  // Nothing but a web server can take a post, and a script address would run it in our origin.
  const address = /^https?:/i.test(action) ? safeAddress(action) : undefined
  const body = address
    ? html`<h1>${title}</h1>
<p>${sentence}</p>
<form method="post" action="${address}">
${hidden(fields)}<button id="continue" type="submit">${submit}</button>
</form>
<script nonce="${nonce}">document.getElementById('continue').click()</script>`
    : html`<h1>${title}</h1>
<p id="error" class="alert" role="alert">${blocked}</p>`
  return layout({ base, title, words, body })
}
