// Small pieces that more than one page shows.

import { type Html, html } from './html.ts'

/** What a form of ours carries unseen: the request it answers and the token against forgery. */
export interface Carried {
  readonly request: string
  readonly csrf: string
}

/** The hidden inputs of a form. */
export function hidden(fields: Readonly<Record<string, string>>): Html {
  return html`${Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`,
  )}`
}

/** A name that came from outside, kept apart so that its writing direction cannot leak out. */
export function name(of: string): Html {
  return html`<bdi class="name">${of}</bdi>`
}

/** A letter in a circle, in place of a picture that we would have to fetch from elsewhere. */
export function initial(of: string): Html {
  const letter = /[\p{L}\p{N}]/u.exec(of)?.[0] ?? '?'
  return html`<div class="initial" aria-hidden="true">${letter.toUpperCase()}</div>`
}

/** The two answers to a question, of one size and side by side, so that both are as easy. */
export function answers(allow: Answer, deny: Answer): Html {
  return html`<div class="answers">
<button id="${deny.id}" type="submit" name="decision" value="deny" class="quiet">${deny.label}</button>
<button id="${allow.id}" type="submit" name="decision" value="allow">${allow.label}</button>
</div>`
}

/** A button of a question. */
export interface Answer {
  readonly id: string
  readonly label: string
}

/** Names and values; a row whose value is absent is left out. */
export function facts(rows: readonly (readonly [string, string | undefined])[]): Html {
  return html`<dl class="facts">
${rows.map(
  ([term, value]) => value !== undefined && html`<div><dt>${term}</dt><dd>${value}</dd></div>\n`,
)}</dl>`
}

/** A line to copy, whole at one click. */
export function command(line: string): Html {
  return html`<pre class="command"><code>${line}</code></pre>`
}
