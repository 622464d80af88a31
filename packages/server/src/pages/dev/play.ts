// The playground: a flow step by step, each with its fields, its commands and what came of it.

import { fill, type Html, html, safeAddress, text } from '../html.ts'
import { name } from '../parts.ts'
import type { DevWords } from '../words/dev/index.ts'
import type { Words } from '../words/index.ts'
import { frame } from './frame.ts'
import { type Line, marksOf, wire } from './wire.ts'

/** One way to write a step; `registration` says how a client of that SDK has to be registered. */
export interface Snippet {
  readonly title: string
  readonly language: string
  readonly text: string
  readonly registration?: string
}

/** What came of a step that was taken, null where no answer came; `why` leads to the reason of a refusal. */
export interface Taken {
  readonly status?: number
  readonly request: readonly Line[]
  readonly answer: readonly Line[] | null
  readonly why?: string
}

/** A step; `from` names the fact that fills a field, `href` is where a person would sign in. */
export interface PlayStep {
  readonly name: string
  readonly call: string
  readonly borrowed?: string
  readonly fields: readonly {
    readonly name: string
    readonly value: string
    readonly from?: string
  }[]
  readonly href?: string
  readonly snippets: readonly Snippet[]
}

/** What the playground shows, and which other flows it could show. */
export interface PlayView {
  readonly base: string
  readonly dialects: readonly { readonly name: string; readonly title: string }[]
  readonly dialect: string
  readonly grants: readonly string[]
  readonly grant: string
  readonly steps: readonly PlayStep[]
}

/** The playground. */
export function playPage(view: PlayView, words: Words, say: DevWords): string {
  const { base, dialect, grant, steps } = view
  const { play } = say
  const body = html`<nav class="chips" aria-label="${play.dialects}">
<ul>
${view.dialects.map((one) => chip({ dialect: one.name, grant }, one.title, one.name === dialect))}</ul>
</nav>
<nav class="chips" aria-label="${play.grants}">
<ul>
${view.grants.map((one) => chip({ dialect, grant: one }, html`<code>${one}</code>`, one === grant))}</ul>
</nav>
${grant === 'password' && html`<p class="note">${play.password}</p>`}
<noscript><p class="note">${play.noScript}</p></noscript>
<ol id="play" class="steps" data-url="${base}/dev/play" data-dialect="${dialect}" data-grant="${grant}" data-copy="${say.copy}" data-copied="${say.copied}">
${steps.map((one, index) => stepHtml(one, index + 1, say))}</ol>`
  return frame({ base, page: 'play', body, script: 'play.js' }, words, say)
}

function chip(query: Record<string, string>, label: Html | string, isCurrent: boolean): Html {
  const href = `?${new URLSearchParams(query)}`
  return html`<li><a href="${href}"${isCurrent && html` aria-current="true"`}>${label}</a></li>\n`
}

function stepHtml(step: PlayStep, number: number, say: DevWords): Html {
  const { play } = say
  const id = `step-${step.name}`
  return html`<li class="step" aria-labelledby="${id}">
<h2 id="${id}">${step.name} <code class="call">${step.call}</code>${
    step.borrowed && html` <span class="note">${play.borrowed} ${name(step.borrowed)}</span>`
  }</h2>
<div class="halves">
<form data-step="${step.name}" autocomplete="off">
<div class="inputs">
${step.fields.map((field) => input(field, number, play))}</div>
<div class="actions">
<button type="submit">${play.run}</button>
${step.href && html`<a class="button quiet" href="${safeAddress(step.href)}" target="_blank" rel="noopener">${play.signIn}</a>`}
<span class="status" role="status"></span>
</div>
</form>
<div class="outcome">${written({ snippets: step.snippets }, say)}</div>
</div>
</li>
`
}

function input(
  { name: field, value, from }: PlayStep['fields'][number],
  number: number,
  { filled }: DevWords['play'],
): Html {
  const id = `field-${number}-${field}`
  return html`<div><label for="${id}"><code>${field}</code></label>
<input id="${id}" name="${field}" value="${value}" spellcheck="false" autocapitalize="off"${
    from && html` data-from="${from}" placeholder="${filled}"`
  }></div>
`
}

/** How a step is written and, once it was taken, what came of it. */
export function outcome(
  of: { snippets: readonly Snippet[]; taken?: Taken },
  say: DevWords,
): string {
  return text(written(of, say))
}

function written(
  { snippets, taken }: { snippets: readonly Snippet[]; taken?: Taken },
  say: DevWords,
): Html {
  const { play } = say
  return html`${taken && result(taken, say)}
${snippets.map(
  (
    { title, language, text: code, registration },
    index,
  ) => html`<details${index === 0 && !taken && html` open`}>
<summary>${title}</summary>
<pre class="command" data-language="${language}"><code>${code}</code></pre>
${registration && html`<p class="note">${fill(play.registration, { members: html`<code>${registration}</code>` })}</p>`}</details>
`,
)}`
}

function result({ status, request, answer, why }: Taken, { play, flow }: DevWords): Html {
  const marks = marksOf([...request, ...(answer ?? [])])
  return html`<div class="result" data-status="${status ?? flow.lost}">
<h3>${play.request}</h3>
${wire(request, marks)}
<h3>${play.answer}</h3>
${answer ? wire(answer, marks) : html`<p class="note">${flow.lost}</p>`}
${why && html`<p><a href="${safeAddress(why)}">${play.why}</a></p>`}</div>`
}
