// The start page: what runs here and, in dev mode, everything to try it with.

import { fill, type Html, html, safeAddress } from './html.ts'
import { layout } from './layout.ts'
import { command, facts, name } from './parts.ts'
import type { Words } from './words/index.ts'

/** A command line to try, grouped by its dialect. */
export interface HomeCommand {
  readonly dialect: string
  readonly title: string
  readonly command: string
}

/** What dev mode has ready; these secrets are made for trying things out. */
export interface HomeDev {
  readonly clientId: string
  readonly clientSecret: string
  readonly username: string
  readonly password: string
  readonly signInUrl: string
  readonly commands: readonly HomeCommand[]
}

/** What the start page shows; `dev` only in dev mode. */
export interface HomeView {
  readonly base: string
  readonly issuer: string
  readonly dev?: HomeDev | undefined
  readonly links: readonly { readonly label: keyof Words['home']['links']; readonly href: string }[]
}

/** The start page. */
export function homePage({ base, issuer, dev, links }: HomeView, words: Words): string {
  const say = words.home
  const body = html`${dev && html`<p class="badge">${say.devMode}</p>`}
<h1>${say.title}</h1>
<p class="lead">${say.lead}</p>
<p>${fill(say.address, { issuer: html`<code id="issuer">${issuer}</code>` })}</p>
${
  dev &&
  html`${signIn(dev, words)}
${commands(dev.commands, words)}`
}
<nav class="links" aria-labelledby="links">
<h2 id="links">${say.linksTitle}</h2>
<ul>
${links.map(({ label, href }) => html`<li><a href="${safeAddress(href)}">${say.links[label]}</a></li>\n`)}</ul>
</nav>`
  return layout({ base, title: say.title, words, body, wide: dev !== undefined })
}

function signIn(dev: HomeDev, { home: say }: Words): Html {
  return html`<section aria-labelledby="try-title">
<h2 id="try-title">${say.tryTitle}</h2>
<p>${say.trySentence}</p>
<div class="try">
${facts([
  [say.username, dev.username],
  [say.password, dev.password],
  [say.clientId, dev.clientId],
  [say.clientSecret, dev.clientSecret],
])}
<a id="try" class="button" href="${safeAddress(dev.signInUrl)}">${say.trySubmit}</a>
</div>
<p class="note">${say.devCaution}</p>
</section>`
}

function commands(all: readonly HomeCommand[], { home: say }: Words): Html {
  const dialects = [...new Set(all.map(({ dialect }) => dialect))]
  return html`<section aria-labelledby="commands">
<h2 id="commands">${say.commands}</h2>
<p>${say.commandsHint}</p>
${dialects.map(
  (dialect, at) => html`<details class="dialect"${at === 0 && html` open`}>
<summary>${name(dialect)}</summary>
${all
  .filter((one) => one.dialect === dialect)
  .map((one) => html`<h3>${one.title}</h3>\n${command(one.command)}\n`)}</details>
`,
)}</section>`
}
