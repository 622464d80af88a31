// The lens: one request, its answer and its refusal side by side, in every dialect.

import { type Html, html } from '../html.ts'
import type { DevWords } from '../words/dev/index.ts'
import type { Words } from '../words/index.ts'
import { frame } from './frame.ts'
import { type Line, type Marks, marksOf, wire } from './wire.ts'

/** A dialect; without lines when it has no such call. */
export interface LensColumn {
  readonly name: string
  readonly title: string
  readonly request?: readonly Line[]
  readonly answer?: readonly Line[]
  readonly refusal?: readonly Line[]
}

/** What the lens is held over, and what else it could be. */
export interface LensView {
  readonly base: string
  readonly topics: readonly string[]
  readonly topic: string
  readonly reasons: readonly string[]
  readonly reason: string
  readonly columns: readonly LensColumn[]
}

/** The lens. */
export function lensPage(view: LensView, words: Words, say: DevWords): string {
  const { base, columns, topic } = view
  const lines = columns.flatMap(({ request = [], answer = [], refusal = [] }) => [
    ...request,
    ...answer,
    ...refusal,
  ])
  const marks = marksOf(lines)
  const able = columns.filter(({ request }) => request)
  const unable = columns.filter(({ request }) => !request).map(({ title }) => title)
  const body = html`<div class="lens">
<nav class="chips" aria-label="${say.lens.operations}">
<ul>
${view.topics.map((name) => chip(`?operation=${name}`, name, name === topic))}</ul>
</nav>
${legend(marks, say)}
<nav class="chips" aria-label="${say.lens.because}">
<h2>${say.lens.because}</h2>
<ul>
${view.reasons.map((one) => chip(`?operation=${topic}&refusal=${one}`, one, one === view.reason))}</ul>
</nav>
<div class="columns">
${able.map((column) => card(column, marks, say))}</div>
${unable.length > 0 && html`<p class="note">${say.lens.unable} ${unable.join(', ')}.</p>`}
</div>`
  return frame({ base, page: 'lens', body }, words, say)
}

function chip(href: string, text: string, isCurrent: boolean): Html {
  return html`<li><a href="${href}"${isCurrent && html` aria-current="true"`}><code>${text}</code></a></li>\n`
}

// A radio button chooses a field by the arrow keys, and the style sheet does the rest.
function legend(marks: Marks, { lens: say }: DevWords): Html {
  const choice = (id: string, text: Html | string, classes = '', isChosen = false) =>
    html`<span class="choice"><input type="radio" name="field" id="${id}"${isChosen && html` checked`}><label for="${id}" class="${classes}">${text}</label></span>\n`
  return html`<fieldset class="legend">
<legend>${say.fields}</legend>
${choice('pick-all', say.all, '', true)}${[...marks].map(([field, number]) =>
  choice(`pick-${number}`, html`<code>${field}</code>`, `field field-${number}`),
)}</fieldset>`
}

function card(column: LensColumn, marks: Marks, { lens: say }: DevWords): Html {
  const { name, title, request = [], answer = [], refusal = [] } = column
  return html`<article aria-labelledby="dialect-${name}">
<h2 id="dialect-${name}">${title}</h2>
<section><h3>${say.request}</h3>${wire(request, marks)}</section>
<section><h3>${say.answer}</h3>${wire(answer, marks)}</section>
<section><h3>${say.refusal}</h3>${wire(refusal, marks)}</section>
</article>
`
}
