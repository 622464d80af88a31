// The page where a person allows an application what it asks for, or does not.

import { fill, type Html, html, safeAddress } from './html.ts'
import { layout } from './layout.ts'
import { answers, type Carried, facts, hidden, initial, name } from './parts.ts'
import type { Words } from './words/index.ts'

/** A scope and what it means; without a sentence the catalogue's is shown. */
export interface ScopeLine {
  readonly name: string
  readonly sentence?: string | undefined
}

/** What the consent page shows; `already` are the scopes granted before. */
export interface ConsentView extends Carried {
  readonly base: string
  readonly action: string
  readonly clientName: string
  readonly clientId: string
  readonly redirectHost: string
  readonly username: string
  readonly scopes: readonly ScopeLine[]
  readonly already?: readonly ScopeLine[] | undefined
  /** Services that the access is for, by their addresses (RFC 8707). */
  readonly resources?: readonly string[] | undefined
  /** What was asked for in vain; only dev mode hands it over. */
  readonly dropped?: readonly string[] | undefined
  /** What the client says about itself, in the spelling of RFC 7591 §2. */
  readonly about?: {
    readonly client_uri?: string
    readonly policy_uri?: string
    readonly tos_uri?: string
  }
}

/** The consent page. */
export function consentPage(view: ConsentView, words: Words): string {
  const { base, action, request, csrf, clientName, already = [] } = view
  const say = words.consent
  const body = html`${initial(clientName)}
<h1>${fill(say.heading, { client: name(clientName) })}</h1>
<p class="lead">${fill(say.signedInAs, { user: name(view.username) })}</p>
${asked(view.scopes, words)}
${
  already.length > 0 &&
  html`<details>
<summary>${say.already}</summary>
${scopeList(already, words)}
</details>`
}
${facts([
  ...(view.resources ?? []).map((one) => [say.service, one] as const),
  [say.returnsTo, view.redirectHost],
  [say.clientId, view.clientId],
])}
${links(view, words)}
<p class="note">${say.caution}</p>
${view.dropped && left(view.dropped, words)}
<form method="post" action="${action}">
${hidden({ request, scopes: shown(view), csrf })}${answers({ id: 'allow', label: say.allow }, { id: 'deny', label: say.deny })}
</form>`
  return layout({ base, title: say.title, words, body })
}

// The form says what its page showed, and can allow no more.
function shown({ scopes, already = [] }: ConsentView): string {
  return [...scopes, ...already].map((scope) => scope.name).join(' ')
}

function links({ about = {} }: ConsentView, { consent: say }: Words): Html | false {
  const named = [
    [say.website, safeAddress(about.client_uri)],
    [say.policy, safeAddress(about.policy_uri)],
    [say.terms, safeAddress(about.tos_uri)],
  ].filter(([, href]) => href !== undefined)
  return (
    named.length > 0 &&
    html`<p class="links">${named.map(
      ([label, href]) => html`<a href="${href}" rel="noreferrer">${label}</a>\n`,
    )}</p>`
  )
}

function left(dropped: readonly string[], { consent: say, error }: Words): Html {
  return html`<section class="details" aria-labelledby="details">
<h2 id="details">${error.details}</h2>
<p id="dropped">${fill(say.dropped, { scopes: dropped.join(' ') })}</p>
</section>`
}

function asked(scopes: readonly ScopeLine[], words: Words): Html {
  if (scopes.length === 0) return html`<p>${words.consent.noScopes}</p>`
  return html`<p id="scopes">${words.consent.scopes}</p>
${scopeList(scopes, words)}`
}

function scopeList(scopes: readonly ScopeLine[], words: Words): Html {
  return html`<ul class="scopes">
${scopes.map((scope) => html`<li>${scope.sentence || catalogued(scope.name, words)}</li>\n`)}</ul>`
}

function catalogued(scope: string, words: Words): Html {
  const known = Object.entries(words.scopes).find(([name]) => name === scope)?.[1]
  return html`${known ?? fill(words.otherScope, { scope: name(scope) })}`
}
