// How dev mode's pages look, on top of the style of all pages.

// As many as one page may mark; their hues go round the circle in steps that keep neighbours apart.
const MOST = 32
const STEP = 137.5

function each(rule: (number: number) => string): string {
  return Array.from({ length: MOST }, (_, number) => rule(number)).join('\n')
}

/** The style sheet, served at `assets/dev.css`. */
export const style = `
:root { --mark: 92%; --mark-chroma: .055; --mark-edge: 60%; --mark-ink: 38%; }

@media (prefers-color-scheme: dark) {
  :root { --mark: 33%; --mark-chroma: .06; --mark-edge: 65%; --mark-ink: 84%; }
}

main.wide { max-width: 92rem; margin-block: 0 auto; }

/* The way around */

.tabs { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem; margin-bottom: 1.5rem; }
.tabs .badge { margin: 0; text-decoration: none; }
.tabs ul, .chips ul { display: flex; flex-wrap: wrap; gap: .25rem .375rem; margin: 0; padding: 0; list-style: none; }
.tabs li a { display: inline-block; padding: .375rem .75rem; border-radius: .625rem; color: var(--soft); font-size: .9375rem; font-weight: 600; text-decoration: none; }
.tabs li a:hover { background: var(--sunk); color: var(--ink); }
.tabs li [aria-current] { background: var(--tint); color: var(--accent); }

.chips { margin-bottom: 1.5rem; }
.chips:has(+ .chips:not(:has(h2))) { margin-bottom: .5rem; }
.chips a, .choice label {
  display: inline-block;
  padding: .25rem .625rem;
  border: 1px solid var(--line);
  border-radius: .625rem;
  color: var(--ink);
  font-size: .875rem;
  font-weight: 400;
  text-decoration: none;
}
.chips a:hover:hover { border-color: var(--accent); color: var(--accent); }
.chips [aria-current] { background: var(--tint); border-color: var(--accent); color: var(--accent); }

/* Marks */

${each((n) => `.field-${n} { --hue: ${Math.round(n * STEP) % 360}; }`)}

.field {
  color: var(--ink);
  background: oklch(var(--mark) var(--mark-chroma) var(--hue, 0));
  border-radius: .25rem;
  box-shadow: inset 0 -2px oklch(var(--mark-edge) .12 var(--hue, 0));
}

.wire .field { padding: .0625rem .1875rem .1875rem; margin-inline: -.1875rem; box-decoration-break: clone; -webkit-box-decoration-break: clone; }

.wire {
  margin: 0;
  padding: .75rem .875rem;
  background: var(--sunk);
  border: 1px solid var(--line);
  border-radius: .75rem;
  color: var(--soft);
  font-size: .875rem;
  line-height: 1.65;
  white-space: pre-wrap;
}

.wire code { font-size: .8125rem; }
.line { display: block; min-height: .8em; padding-left: 2em; text-indent: -2em; }
.label { margin-left: .75rem; color: oklch(var(--mark-ink) .1 var(--hue, 0)); font-family: var(--sans); font-size: .75rem; white-space: nowrap; user-select: none; }

/* The flow */

.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.flow { display: grid; grid-template-columns: minmax(0, 1fr) 19rem; gap: 2rem; align-items: start; }
.flow aside section { padding: 1rem 1.125rem 1.125rem; background: var(--sunk); border-radius: .875rem; }
.flow aside section + section { margin-top: 1rem; }
.flow aside h2 { margin: 0 0 .5rem; font-size: 1rem; }
.flow aside form { margin: 0; }

.small { min-height: 2rem; padding: .25rem .75rem; border-radius: .5rem; font-size: .8125rem; }
.flow select, .flow aside input, .flow textarea {
  width: 100%;
  min-height: 2.25rem;
  margin: 0;
  padding: .25rem .5rem;
  background: var(--card);
  border: 1px solid var(--edge);
  border-radius: .5rem;
  color: inherit;
  font: inherit;
  font-size: .875rem;
}
.flow textarea { font-family: var(--mono); font-size: .8125rem; resize: vertical; }
.flow label { margin: 0; color: var(--soft); font-size: .8125rem; font-weight: 400; }

.tools { display: flex; flex-wrap: wrap; align-items: end; justify-content: space-between; gap: .75rem 1.5rem; margin-bottom: 1rem; }
.tools form { display: flex; flex-wrap: wrap; align-items: end; gap: .5rem; margin: 0; }
.tools form > button { width: auto; min-height: 2.25rem; margin: 0; }
.tools ul { display: flex; flex-wrap: wrap; align-items: center; gap: .375rem 1rem; margin: 0; padding: 0; list-style: none; font-size: .875rem; }
.live { color: var(--soft); }
.live span::before { content: ''; display: inline-block; width: .5rem; height: .5rem; margin-right: .4rem; border: 1px solid var(--edge); border-radius: 50%; }
.live .on::before { background: var(--accent); border-color: var(--accent); }
html:not(.scripted) .live { display: none; }

.lanes { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); flex: 1; }
.heads { position: sticky; top: 0; z-index: 1; padding: .5rem 5.5rem .5rem 4rem; background: var(--card); }
.heads span { justify-self: center; padding: .25rem .875rem; background: var(--tint); border-radius: 1rem; color: var(--accent); font-size: .8125rem; font-weight: 600; }
.calls { margin: 0; padding: 0; list-style: none; }
.call details { margin: 0; padding: 0; border: 0; border-radius: 0; }
.call summary { position: relative; display: flex; align-items: stretch; margin: 0; padding: 0 5.5rem 0 4rem; border-radius: .5rem; font-weight: 400; list-style: none; }
.call summary::-webkit-details-marker { display: none; }
.call summary:hover { background: color-mix(in srgb, var(--tint) 50%, transparent); color: inherit; }
.call summary .lanes {
  padding: .375rem 0;
  row-gap: .125rem;
  background: linear-gradient(var(--line), var(--line)) 12.5% 0 / 1px 100% no-repeat, linear-gradient(var(--line), var(--line)) 37.5% 0 / 1px 100% no-repeat, linear-gradient(var(--line), var(--line)) 62.5% 0 / 1px 100% no-repeat, linear-gradient(var(--line), var(--line)) 87.5% 0 / 1px 100% no-repeat;
}
.seq { position: absolute; left: .5rem; top: .5rem; color: var(--soft); font-size: .8125rem; font-variant-numeric: tabular-nums; }
.seq small { display: block; font-size: .6875rem; }
.tags { position: absolute; right: .25rem; top: .5rem; display: flex; flex-direction: column; align-items: end; gap: .1875rem; max-width: 5.25rem; }
.tag { padding: 0 .4375rem; background: var(--sunk); border-radius: .5rem; color: var(--soft); font-size: .6875rem; white-space: nowrap; }
.tag.field { color: var(--ink); background: oklch(var(--mark) var(--mark-chroma) var(--hue)); box-shadow: none; }

.arrow { position: relative; padding: .125rem .5rem .3125rem; border-bottom: 2px solid var(--accent); font-size: .8125rem; line-height: 1.35; text-align: center; }
.arrow b { color: var(--ink); font-weight: 600; }
.arrow small { color: var(--soft); font-size: .75rem; }
.arrow:not(.back) small { display: block; width: fit-content; margin-inline: auto; }
.arrow > * { background: var(--card); }
.call summary:hover .arrow > * { background: none; }
.arrow::after { content: ''; position: absolute; bottom: -6px; width: 8px; height: 10px; background: var(--accent); }
.right::after { right: 0; clip-path: polygon(0 0, 100% 50%, 0 100%); }
.left::after { left: 0; clip-path: polygon(100% 0, 0 50%, 100% 100%); }
.back { border-bottom-style: dashed; border-bottom-width: 1px; }
.back::after { bottom: -5px; }
.refused .back { border-color: var(--alert); }
.refused .back b, .refused .back small { color: var(--alert); }
.refused .back::after { background: var(--alert); }
.lost::after { display: none; }
.span-1-2 { grid-column: 1 / 3; margin-inline: 25%; }
.span-2-3 { grid-column: 2 / 4; margin-inline: 25%; }
.span-3-4 { grid-column: 3 / 5; margin-inline: 25%; }
.span-1-3 { grid-column: 1 / 4; margin-inline: calc(100% / 6); }
.span-2-4 { grid-column: 2 / 5; margin-inline: calc(100% / 6); }
.span-1-4 { grid-column: 1 / 5; margin-inline: 12.5%; }

.opened { margin: .5rem 0 1.25rem; padding: 1rem 1.125rem; border: 1px solid var(--line); border-radius: .75rem; }
.opened h3 { margin: 0 0 .375rem; color: var(--soft); font-size: .8125rem; font-weight: 500; }
.opened .facts { display: flex; flex-wrap: wrap; gap: .25rem 1.75rem; padding: 0; background: none; }
.opened .facts > div { gap: 0 .5rem; padding: 0; border: 0; font-size: .8125rem; }
.opened .facts dt { min-width: 0; }
.opened .facts dd { flex: none; }
.lineage { margin: 0 0 1rem; padding: 0; list-style: none; font-size: .8125rem; }
.lineage li { padding: .125rem 0; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
.pair .wire { color: var(--ink); }

.empty { display: none; padding: 3rem 1rem; color: var(--soft); text-align: center; }
.calls:empty + .empty { display: block; }

.moment { margin: 0; font-size: 1.125rem; font-variant-numeric: tabular-nums; font-weight: 600; }
.moment + .note { min-height: 1.3em; margin: 0 0 .5rem; }
.buttons { display: grid; grid-template-columns: repeat(4, 1fr); gap: .375rem; }
.buttons button { padding-inline: .25rem; }
.buttons button:nth-child(n + 5) { grid-column: span 2; }
.buttons.three { grid-template-columns: repeat(3, 1fr); }
.buttons [aria-pressed='true'] { background: var(--tint); border-color: var(--accent); color: var(--accent); }
.inline { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; align-items: center; gap: .5rem; }
.flow aside .inline { margin-top: .625rem; }
.inline > button { width: auto; margin: 0; }
.fault { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; align-items: end; }
.fault > :nth-child(-n + 2), .fault > button, .fault > p { grid-column: 1 / -1; margin: 0; }
.waiting { margin: 0 0 .75rem; padding: 0; list-style: none; }
.waiting li { position: relative; padding: .375rem 2.5rem .375rem 0; border-bottom: 1px solid var(--line); font-size: .8125rem; }
.waiting .note { display: block; font-size: .75rem; }
.waiting button { position: absolute; right: 0; top: .375rem; min-height: 1.75rem; padding: 0 .625rem; }
html:not(.scripted) .buttons, html:not(.scripted) .inline, html:not(.scripted) .fault, html:not(.scripted) .waiting button { display: none; }
.flow .status:empty { display: none; }
aside .status { color: var(--alert); }

@media (max-width: 64rem) {
  .flow { grid-template-columns: minmax(0, 1fr); }
}

@media (max-width: 40rem) {
  .heads, .call summary { padding-inline: 0; }
  .heads span { padding: .125rem .375rem; font-size: .6875rem; white-space: nowrap; }
  .seq, .arrow:not(.back) small { display: none; }
  .arrow { padding-inline: 0; font-size: .75rem; }
  .arrow b { position: relative; left: 50%; display: block; width: max-content; translate: -50%; }
  .call summary { flex-direction: column; padding-top: .375rem; border-bottom: 1px solid var(--line); border-radius: 0; }
  .tags { position: static; flex-direction: row; order: -1; align-self: end; max-width: none; }
}

@media (prefers-reduced-motion: no-preference) {
  .call { animation: come .3s ease-out; }
  @keyframes come { from { opacity: 0; translate: 0 .5rem; } }
}

/* The playground */

.steps { margin: 0; padding: 0; list-style: none; counter-reset: step; }
.step { position: relative; margin: 0 0 2.5rem; counter-increment: step; }
.step h2 { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem .75rem; margin: 0 0 1rem; padding-bottom: .5rem; border-bottom: 2px solid var(--line); }
.step h2::before { content: counter(step); display: inline-grid; place-items: center; width: 1.75rem; height: 1.75rem; background: var(--tint); border-radius: 50% 50% 50% 14%; color: var(--accent); font-size: .9375rem; }
.call { color: var(--soft); font-size: .8125rem; font-weight: 400; }
.halves { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 4fr); gap: 1.5rem 2rem; align-items: start; }
.step form { margin: 0; }
.inputs { display: grid; gap: .5rem; }
.inputs > div { display: grid; grid-template-columns: 11.5rem minmax(0, 1fr); align-items: center; gap: .5rem; }
.inputs label { margin: 0; font-weight: 400; }
.inputs input { min-height: 2.25rem; margin: 0; padding: .25rem .625rem; border-radius: .5rem; font-family: var(--mono); font-size: .8125rem; }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem; margin-top: 1rem; }
.actions button, .actions .button { min-height: 2.5rem; padding: .4375rem 1.125rem; font-size: .9375rem; }
html:not(.scripted) .actions button { display: none; }
form[aria-busy] { opacity: .6; }
.status { color: var(--soft); font-family: var(--mono); font-size: .875rem; }
.outcome details { position: relative; }
.outcome h3 { margin: 0 0 .375rem; color: var(--soft); font-size: .8125rem; font-weight: 500; }
.result { margin-bottom: 1rem; }
.result .wire { margin-bottom: 1rem; }
.command { font-size: .9375rem; }
.command code { font-size: .8125rem; }
.copy { position: absolute; right: .75rem; top: .5rem; min-height: 1.75rem; padding: .125rem .75rem; background: var(--card); border-color: var(--edge); border-radius: .5rem; color: var(--ink); font-size: .8125rem; font-weight: 500; }
details:not([open]) > .copy { display: none; }

@media (max-width: 56rem) {
  .halves { grid-template-columns: minmax(0, 1fr); }
}

@media (max-width: 30rem) {
  .inputs > div { grid-template-columns: minmax(0, 1fr); gap: .125rem; }
}

/* The lens */

.legend { display: flex; flex-wrap: wrap; align-items: center; gap: .375rem; margin: 0 0 1.5rem; padding: 0; border: 0; }
.choice { position: relative; }
.choice input { position: absolute; inset: 0; width: 100%; height: 100%; min-height: 0; margin: 0; opacity: 0; cursor: pointer; }
.choice label { margin: 0; }
.choice input:hover + label { border-color: var(--accent); }
.choice input:checked + label { border-color: var(--ink); outline: 1px solid var(--ink); }
.choice input:focus-visible + label { outline: 3px solid var(--accent); outline-offset: 2px; }

.columns { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); grid-auto-rows: auto; gap: 0 1.25rem; }
.columns article { display: grid; grid-row: span 4; grid-template-rows: subgrid; gap: 0; min-width: 0; margin-bottom: 2.5rem; }
.columns h2 { margin: 0; padding-bottom: .375rem; border-bottom: 2px solid var(--line); }
.columns section { min-width: 0; }
.columns h3 { margin: 1rem 0 .375rem; color: var(--soft); font-weight: 500; font-size: .8125rem; }

.chips h2, .legend legend { margin: 0 0 .375rem; padding: 0; font-size: .9375rem; font-weight: 600; }

/* What is pointed at shows in every dialect; what is chosen leaves the others without colour. */
${each((n) => `.lens:has(.field-${n}:hover) .field.field-${n} { outline: 2px solid oklch(var(--mark-edge) .14 var(--hue)); }`)}
${each((n) => `.lens:has(#pick-${n}:checked) .wire .field:not(.field-${n}) { background: none; box-shadow: none; }`)}
${each((n) => `.lens:has(#pick-${n}:checked) .wire .label:not(.field-${n}) { display: none; }`)}
${each((n) => `.lens:has(#pick-${n}:checked) .wire .field.field-${n} { outline: 2px solid oklch(var(--mark-edge) .14 var(--hue)); font-weight: 700; }`)}
`
