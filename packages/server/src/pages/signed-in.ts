// The page after a sign-in that no application is waiting for.

import { fill, html } from './html.ts'
import { layout } from './layout.ts'
import { initial, name } from './parts.ts'
import type { Words } from './words/index.ts'

/** What the page shows. */
export interface SignedInView {
  readonly base: string
  readonly username: string
  readonly logoutUrl: string
}

/** The page that says who is signed in. */
export function signedInPage({ base, username, logoutUrl }: SignedInView, words: Words): string {
  const { title, sentence, next, signOut } = words.signedIn
  const body = html`${initial(username)}
<h1>${title}</h1>
<p>${fill(sentence, { user: name(username) })}</p>
<p>${next}</p>
<p><a id="sign-out" class="button quiet" href="${logoutUrl}">${signOut}</a></p>`
  return layout({ base, title, words, body })
}
