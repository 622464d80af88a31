// A call of the flow: its arrows from lane to lane, which open the raw request and its answer.

import { type Html, html, safeAddress } from '../html.ts'
import { facts } from '../parts.ts'
import type { DevWords } from '../words/dev/index.ts'
import { type Line, wire } from './wire.ts'

/** Who talks to whom. */
export type Lane = 'browser' | 'client' | 'server' | 'resource'

/** The lanes from left to right. */
export const LANES: readonly Lane[] = ['browser', 'client', 'server', 'resource']

/** Something said from one lane to another. */
export interface Arrow {
  readonly from: Lane
  readonly to: Lane
  readonly label: string
  readonly note?: string
  readonly isAnswer?: boolean
}

/** A code, token or session that had a part in a call, by the numbers of its rows. */
export interface LineageView {
  readonly kind: string
  readonly id: number
  readonly grant?: number
  readonly family?: number
  readonly parent?: number
}

/** A call; without an answer when none left the server. */
export interface CallView {
  readonly seq: number
  readonly at: string
  readonly arrows: readonly Arrow[]
  readonly isRefused: boolean
  readonly families: readonly number[]
  readonly facts: Readonly<Record<FactName, string | undefined>>
  /** Leads to the explanation of a refusal. */
  readonly why?: string
  readonly lineage: readonly LineageView[]
  readonly request: readonly Line[]
  readonly answer: readonly Line[] | null
}

type FactName = keyof DevWords['flow']['facts']

/** A row of the diagram. */
export function callHtml(call: CallView, say: DevWords): Html {
  const { seq, at, arrows, isRefused, facts: known, families } = call
  const marked =
    known.fault !== undefined &&
    html`<span class="tag">${say.flow.facts.fault} ${known.fault}</span>`
  return html`<li class="call${isRefused && ' refused'}" data-seq="${seq}">
<details>
<summary><span class="seq">${seq}<small>${at}</small></span><span class="lanes">${arrows.map((one) => arrow(one, say))}</span><span class="tags">${known.dialect !== 'pages' && html`<span class="tag">${known.dialect}</span>`}${families.map(family)}${marked}</span></summary>
${opened(call, say)}
</details>
</li>
`
}

function arrow({ from, to, label, note, isAnswer = false }: Arrow, { flow }: DevWords): Html {
  const [one, other] = [LANES.indexOf(from) + 1, LANES.indexOf(to) + 1]
  const span = `span-${Math.min(one, other)}-${Math.max(one, other)}`
  const classes = `arrow ${span} ${one < other ? 'right' : 'left'}${isAnswer ? ' back' : ''}${label === 'lost' ? ' lost' : ''}`
  const shown = label === 'lost' ? flow.lost : label
  return html`<span class="${classes}"><span class="hidden">${flow.lanes[from]} → ${flow.lanes[to]}: </span><b>${shown}</b>${note && html` <small>${note}</small>`}</span>`
}

// Long numbers that differ at their ends: the ends are enough to tell them apart.
function short(id: number): string {
  const digits = String(id)
  return digits.length > 5 ? `…${digits.slice(-4)}` : digits
}

function family(id: number): Html {
  return html`<span class="tag field field-${id % 32}">${short(id)}</span>`
}

function opened({ facts: known, lineage, why, request, answer }: CallView, say: DevWords): Html {
  const { flow } = say
  const names = Object.entries(flow.facts) as [FactName, string][]
  const marks = new Map<string, number>()
  return html`<div class="opened">
${facts(names.map(([name, label]) => [label, known[name]]))}
${why && html`<p><a href="${safeAddress(why)}">${say.play.why}</a></p>`}
${lineage.length > 0 && html`<h3>${flow.lineage}</h3>\n${lineageHtml(lineage, say)}`}
<div class="pair">
<div><h3>${say.play.request}</h3>${wire(request, marks)}</div>
<div><h3>${say.play.answer}</h3>${answer ? wire(answer, marks) : html`<p class="note">${flow.lost}</p>`}</div>
</div>
</div>`
}

function lineageHtml(lineage: readonly LineageView[], { flow }: DevWords): Html {
  return html`<ul class="lineage">
${lineage.map(
  ({ kind, id, grant, family: of, parent }) =>
    html`<li><code>${kind}</code> ${short(id)}${parent !== undefined && html` ← ${short(parent)}`}${
      of !== undefined &&
      html` <span class="tag field field-${of % 32}">${flow.family} ${short(of)}</span>`
    }${grant !== undefined && html` <span class="tag">${flow.grant} ${short(grant)}</span>`}</li>\n`,
)}</ul>`
}
