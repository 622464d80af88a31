// The flow: what is asked and answered as a sequence diagram that grows, and what steers the server.

import { type Html, html, text } from '../html.ts'
import type { DevWords } from '../words/dev/index.ts'
import type { Words } from '../words/index.ts'
import { type CallView, callHtml, LANES } from './call.ts'
import { frame } from './frame.ts'

/** The time as it stands: seconds since 1970, and how far it was moved. */
export interface ClockView {
  readonly now: number
  readonly frozen: boolean
  readonly offsetSeconds: number
}

/** A fault that waits; `times` is how often yet, `members` what makes it this one of its kind. */
export interface FaultView {
  readonly id: string
  readonly where: string
  readonly times?: number | undefined
  readonly hits: number
  readonly kind: string
  readonly members: string
}

/** What the page shows, and what of it could be left out. */
export interface FlowView {
  readonly base: string
  /** The filter, as a query. */
  readonly query: string
  readonly latest: number
  readonly after: number
  readonly isShortened: boolean
  readonly choices: readonly { name: FilterName; chosen: string; values: readonly string[] }[]
  readonly calls: readonly CallView[]
  readonly clock: ClockView
  /** Who decides about consent. */
  readonly consent: keyof DevWords['flow']['consents']
  readonly faults: readonly FaultView[]
  readonly samples: readonly (readonly [keyof DevWords['flow']['samples'], object])[]
  readonly dialects: readonly string[]
  readonly operations: readonly string[]
}

type FilterName = 'operation' | 'client' | 'dialect'

/** The page. */
export function flowPage(view: FlowView, words: Words, say: DevWords): string {
  const { base, query, latest, calls } = view
  const { flow } = say
  const body = html`<div id="flow" class="flow" data-base="${base}" data-query="${query}" data-latest="${latest}" data-copied="${say.copied}" data-live="${flow.live}" data-cut="${flow.cut}">
<section class="diagram" aria-labelledby="diagram">
<h2 id="diagram" class="hidden">${flow.diagram}</h2>
${tools(view, say)}
<div class="lanes heads" aria-hidden="true">${LANES.map((lane) => html`<span>${flow.lanes[lane]}</span>`)}</div>
<ol id="calls" class="calls">${rows(calls, say)}</ol>
<p class="empty">${flow.empty}</p>
</section>
<aside aria-label="${flow.controls}">
${clockHtml(view.clock, say)}
${consentHtml(view.consent, say)}
${faultsHtml(view, say)}
</aside>
</div>`
  return frame({ base, page: 'flow', body, script: 'flow.js' }, words, say)
}

/** The rows of calls that have come since. */
export function callsPiece(calls: readonly CallView[], say: DevWords): string {
  return text(html`${rows(calls, say)}`)
}

function rows(calls: readonly CallView[], say: DevWords): Html[] {
  return calls.map((one) => callHtml(one, say))
}

function tools(view: FlowView, say: DevWords): Html {
  const { base, choices, after, isShortened, query } = view
  const { flow } = say
  const options = (values: readonly string[], chosen: string) =>
    html`<option value="">${flow.any}</option>${values.map(
      (one) => html`<option${one === chosen && html` selected`}>${one}</option>`,
    )}`
  return html`<div class="tools">
<form id="filter" method="get" action="${base}/dev">
${choices.map(
  ({ name, chosen, values }) =>
    html`<label>${flow.filters[name]} <select name="${name}">${options(values, chosen)}</select></label>\n`,
)}${after > 0 && html`<input type="hidden" name="after" value="${after}">`}<button type="submit" class="small quiet">${flow.filter}</button>
</form>
<ul>
<li class="live"><span id="live" role="status"></span></li>
<li><a href="?${query}&amp;clear">${flow.clear}</a></li>
${after > 0 && html`<li><a href="${base}/dev">${flow.all}</a></li>\n`}<li><a id="mermaid" href="${base}/dev/flow/mermaid?${query}">${flow.mermaid}</a></li>
</ul>
</div>
${isShortened && html`<p class="note">${flow.shortened}</p>`}`
}

function clockHtml({ now, frozen, offsetSeconds }: ClockView, { flow }: DevWords): Html {
  const moment = new Date(now * 1000).toISOString()
  const press = (body: object, label: string) =>
    html`<button type="button" class="small quiet" data-post="clock" data-body="${JSON.stringify(body)}">${label}</button>\n`
  return html`<section aria-labelledby="clock-title">
<h2 id="clock-title">${flow.clock}</h2>
<p class="moment"><time id="clock" datetime="${moment}" data-now="${now}" data-frozen="${String(frozen)}">${moment.slice(0, 19).replace('T', ' ')}</time> <span class="note">UTC</span></p>
<p class="note"><span id="frozen"${!frozen && html` hidden`}>${flow.frozen}</span> <span id="ahead" data-text="${flow.ahead}"${offsetSeconds === 0 && html` hidden`}>${flow.ahead.replace('{seconds}', String(offsetSeconds))}</span></p>
<div class="buttons">
${press({ advance: '1m' }, '+1 min')}${press({ advance: '1h' }, '+1 h')}${press({ advance: '1d' }, '+1 d')}${press({ advance: '30d' }, '+30 d')}${press({ freeze: true }, flow.freeze)}${press({ freeze: false }, flow.thaw)}</div>
<form id="advance" class="inline">
<label for="by">${flow.advance}</label>
<input id="by" name="advance" value="15m" spellcheck="false">
<button type="submit" class="small quiet">${flow.go}</button>
</form>
<p class="status" id="clock-status" role="status"></p>
</section>`
}

function consentHtml(mode: FlowView['consent'], { flow }: DevWords): Html {
  const modes = Object.entries(flow.consents)
  return html`<section aria-labelledby="consent-title">
<h2 id="consent-title">${flow.consent}</h2>
<div class="buttons three">
${modes.map(
  ([one, label]) =>
    html`<button type="button" class="small quiet" data-post="consent" data-body="${JSON.stringify({ mode: one })}" aria-pressed="${String(one === mode)}">${label}</button>\n`,
)}</div>
</section>`
}

function faultsHtml({ faults, samples, dialects, operations }: FlowView, say: DevWords): Html {
  const { flow } = say
  const choice = (name: string, label: string, values: readonly string[]) =>
    html`<label>${label} <select name="${name}"><option value="">${flow.any}</option>${values.map((one) => html`<option>${one}</option>`)}</select></label>\n`
  return html`<section aria-labelledby="faults-title">
<h2 id="faults-title">${flow.faults}</h2>
<p class="note">${flow.faultsHint}</p>
<div id="faults">${list(faults, say)}</div>
<form id="fault" class="fault">
<label>${flow.kind} <select name="sample">${samples.map(
    ([name, fault]) =>
      html`<option value="${JSON.stringify(fault)}">${flow.samples[name]}</option>`,
  )}</select></label>
<label>${flow.json} <textarea name="fault" rows="3" spellcheck="false">${JSON.stringify(samples[0]?.[1])}</textarea></label>
${choice('operation', flow.filters.operation, operations)}${choice('dialect', flow.filters.dialect, dialects)}<label>${flow.filters.client} <input name="client" spellcheck="false"></label>
<label>${flow.times} <input name="times" type="number" min="1" value="1"></label>
<button type="submit" class="small">${flow.add}</button>
<p class="status" id="fault-status" role="status"></p>
</form>
<noscript><p class="note">${flow.noScript}</p></noscript>
</section>`
}

/** The faults that wait. */
export function faultsPiece(faults: readonly FaultView[], say: DevWords): string {
  return text(list(faults, say))
}

function list(faults: readonly FaultView[], { flow }: DevWords): Html {
  if (faults.length === 0) return html``
  return html`<ul class="waiting">
${faults.map(
  ({
    id,
    where,
    times,
    hits,
    kind,
    members,
  }) => html`<li><code>${kind}</code>${members && html` <code>${members}</code>`}
<span class="note">${where || flow.any}${times !== undefined && html` · ${times}×`}${hits > 0 && html` · ${flow.hits} ${hits}`}</span>
<button type="button" class="small quiet" data-clear="${id}" aria-label="${flow.remove} ${kind}">×</button></li>
`,
)}</ul>`
}
