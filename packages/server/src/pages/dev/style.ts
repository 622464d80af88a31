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
