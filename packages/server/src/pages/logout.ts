// The pages that ask whether to sign out and say that it is done.

import { fill, html, safeAddress } from './html.ts'
import { layout } from './layout.ts'
import { answers, type Carried, hidden, name } from './parts.ts'
import type { Words } from './words/index.ts'

/** What the question shows; `clientName` is the application that asks. */
export interface LogoutView extends Carried {
  readonly base: string
  readonly action: string
  readonly username?: string | undefined
  readonly clientName?: string | undefined
}

/** What the last page shows; `continueUrl` must have been checked against the client's list. */
export interface SignedOutView {
  readonly base: string
  readonly clientName?: string | undefined
  readonly continueUrl?: string | undefined
}

/** The page that asks whether to sign out. */
export function logoutPage(view: LogoutView, words: Words): string {
  const { base, action, request, csrf, username, clientName } = view
  const { title, askedBy, signedInAs, signOut, stay } = words.logout
  const body = html`<h1>${title}</h1>
${clientName && html`<p>${fill(askedBy, { client: name(clientName) })}</p>`}
${username && html`<p>${fill(signedInAs, { user: name(username) })}</p>`}
<form method="post" action="${action}">
${hidden({ request, csrf })}${answers({ id: 'sign-out', label: signOut }, { id: 'stay', label: stay })}
</form>`
  return layout({ base, title, words, body })
}

/** The page that says that the person is signed out. */
export function signedOutPage(view: SignedOutView, words: Words): string {
  const { base, clientName, continueUrl } = view
  const { title, sentence, continue: onward, continueTo } = words.signedOut
  const href = safeAddress(continueUrl)
  const label = clientName ? fill(continueTo, { client: name(clientName) }) : onward
  const body = html`<h1>${title}</h1>
<p>${sentence}</p>
${href && html`<p><a id="continue" class="button" href="${href}">${label}</a></p>`}`
  return layout({ base, title, words, body })
}
