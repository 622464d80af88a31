// The redirect target of dev mode's own client: shows the code that arrived, or the error.

import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { command, facts } from './parts.ts'
import type { Words } from './words/index.ts'

/** What came back from the sign-in; `command` exchanges the code. */
export interface CallbackView {
  readonly base: string
  readonly code?: string | undefined
  readonly error?: string | undefined
  readonly errorDescription?: string | undefined
  readonly command?: string | undefined
}

/** The page that a sign-in of dev mode ends on. */
export function callbackPage(view: CallbackView, words: Words): string {
  const say = words.callback
  const [title, content] = view.error
    ? [say.refused, refused(view, words)]
    : view.code
      ? [say.arrived, arrived(view, view.code, words)]
      : [say.nothing, html`<p>${say.nothingSentence}</p>`]
  const body = html`<h1>${title}</h1>
${content}
<p><a id="back" href="${view.base}/">${say.back}</a></p>`
  const head =
    view.code && html`\n<script type="module" src="${view.base}/assets/dev/callback.js"></script>`
  return layout({ base: view.base, title, words, body, wide: true, ...(head && { head }) })
}

function arrived(view: CallbackView, code: string, { callback: say }: Words): Html {
  return html`<p>${say.arrivedSentence}</p>
<h2>${say.code}</h2>
<div id="code">${command(code)}</div>
${view.command && html`<h2>${say.exchange}</h2>\n${command(view.command)}`}`
}

function refused({ error, errorDescription }: CallbackView, { callback: say }: Words): Html {
  return html`<p>${say.refusedSentence}</p>
<div id="error">${facts([
    [say.error, error],
    [say.description, errorDescription],
  ])}</div>`
}
