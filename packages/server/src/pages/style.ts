// How the pages look: one style sheet, from 320 pixels up.

import { colours } from './colours.ts'

/** The style sheet, served at `assets/patois.css`. */
export const style = `${colours}
*, *::before, *::after { box-sizing: border-box; }

html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }

body {
  display: flex;
  flex-direction: column;
  min-height: 100vh;
  min-height: 100dvh;
  margin: 0;
  padding: 1.5rem 1rem 1rem;
  background: radial-gradient(60rem 28rem at 50% -6rem, var(--glow), transparent) no-repeat var(--ground);
  color: var(--ink);
  font: 1rem/1.55 var(--sans);
  overflow-wrap: anywhere;
}

/* The card */

main {
  width: 100%;
  max-width: 26.5rem;
  margin: auto;
  padding: clamp(1.5rem, 6vw, 2.5rem);
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 1.25rem;
  box-shadow: var(--shadow);
}

main.wide { max-width: 47rem; }

main > :first-child { margin-top: 0; }
main > :last-child { margin-bottom: 0; }

footer {
  padding-top: 1.25rem;
  color: var(--soft);
  font-size: .875rem;
  text-align: center;
}

.wordmark { font-weight: 600; letter-spacing: .01em; }

/* A speech bubble: two corners of a circle left round, one pulled to a point. */
.wordmark::before {
  content: '';
  display: inline-block;
  width: .7em;
  height: .7em;
  margin-right: .4em;
  background: var(--accent);
  border-radius: 50% 50% 50% 12%;
}

/* Words */

h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 { margin: 0 0 .5rem; font-size: 1.625rem; font-weight: 650; letter-spacing: -.012em; }
h2 { margin: 2rem 0 .5rem; font-size: 1.125rem; font-weight: 650; letter-spacing: -.006em; }
h3 { margin: 1.25rem 0 .375rem; font-size: .9375rem; font-weight: 600; }
p { margin: 0 0 1rem; }
p, li { text-wrap: pretty; }

.lead { color: var(--soft); }
.lead .name, .lead code { color: var(--ink); }
.name { font-weight: 600; }
h1 .name, summary .name { font-weight: inherit; }
.note { color: var(--soft); font-size: .875rem; }

a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .2em; }
a:hover { color: var(--accent-over); text-decoration-thickness: 2px; }

code, pre { font-family: var(--mono); font-size: .875em; }

:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

.initial {
  display: grid;
  place-items: center;
  width: 3.25rem;
  height: 3.25rem;
  margin-bottom: 1.125rem;
  background: var(--tint);
  border-radius: 50% 50% 50% 14%;
  color: var(--accent);
  font-size: 1.375rem;
  font-weight: 600;
}

.badge {
  display: inline-block;
  margin-bottom: .875rem;
  padding: .125rem .75rem;
  background: var(--tint);
  border-radius: 1rem;
  color: var(--accent);
  font-size: .8125rem;
  font-weight: 600;
}

.alert {
  margin: 1rem 0;
  padding: .75rem 1rem;
  background: var(--alert-ground);
  border: 1px solid var(--alert-line);
  border-radius: .75rem;
  color: var(--alert);
}

/* Forms */

form { margin: 1.5rem 0 0; }

label { display: block; margin-bottom: .375rem; font-size: .9375rem; font-weight: 600; }

input {
  display: block;
  width: 100%;
  min-height: 3rem;
  margin-bottom: 1.125rem;
  padding: .625rem .875rem;
  background: var(--card);
  border: 1px solid var(--edge);
  border-radius: .75rem;
  color: inherit;
  font: inherit;
}

input:focus-visible { border-color: var(--accent); outline-width: 2px; outline-offset: 0; }
input[aria-invalid] { border-color: var(--alert); }

button, .button {
  display: inline-block;
  min-height: 3rem;
  padding: .6875rem 1.5rem;
  background: var(--accent);
  border: 1px solid var(--accent);
  border-radius: .75rem;
  color: var(--on-accent);
  font: inherit;
  font-weight: 600;
  line-height: 1.5;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}

button:hover, .button:hover {
  background: var(--accent-over);
  border-color: var(--accent-over);
  color: var(--on-accent);
}

.quiet { background: transparent; border-color: var(--edge); color: var(--ink); }
.quiet:hover { background: var(--tint); border-color: var(--accent); color: var(--ink); }

form > button { width: 100%; margin-top: .375rem; }
main > p > .button { width: 100%; margin-top: .5rem; }

.answers { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
.answers button { padding-inline: .5rem; }

/* Lists */

#scopes { margin-bottom: .25rem; font-weight: 600; }
.scopes { margin: 0 0 1.25rem; padding: 0; list-style: none; }

.scopes li {
  position: relative;
  padding: .5rem 0 .5rem 1.75rem;
  border-bottom: 1px solid var(--line);
}

.scopes li:last-child { border-bottom: 0; }

.scopes li::before {
  content: '';
  position: absolute;
  top: .9em;
  left: .25rem;
  width: .75rem;
  height: .4rem;
  border: solid var(--accent);
  border-width: 0 0 2px 2px;
  rotate: -45deg;
}

.facts { margin: 0 0 1rem; padding: .25rem 1rem; background: var(--sunk); border-radius: .75rem; }

.facts > div {
  display: flex;
  flex-wrap: wrap;
  gap: 0 1rem;
  padding: .5rem 0;
  border-bottom: 1px solid var(--line);
  font-size: .9375rem;
}

.facts > div:last-child { border-bottom: 0; }
.facts dt { min-width: 9rem; max-width: 100%; color: var(--soft); }
.facts dd { flex: 1 1 11rem; min-width: 0; margin: 0; font-weight: 500; }

details { margin: 0 0 .75rem; padding: 0 1rem; border: 1px solid var(--line); border-radius: .75rem; }
details > h3 { margin-top: .25rem; }

summary {
  margin: 0 -1rem;
  padding: .75rem 1rem;
  border-radius: .75rem;
  font-size: .9375rem;
  font-weight: 600;
  cursor: pointer;
}

summary:hover { color: var(--accent); }
summary::marker { color: var(--accent); }

.command {
  margin: 0 0 1rem;
  padding: .875rem 1rem;
  background: var(--sunk);
  border: 1px solid var(--line);
  border-radius: .75rem;
  line-height: 1.6;
  white-space: pre-wrap;
}

.command code, .try dd { -webkit-user-select: all; user-select: all; }
/* Secrets are typed by hand too: I, l and 1 must differ. */
.try dd { font-family: var(--mono); font-size: .875rem; }

.try { display: grid; gap: 1rem; margin: 0 0 1rem; justify-items: start; }
.try .facts { width: 100%; margin: 0; }

.links ul { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin: 0; padding: 0; list-style: none; }
.links li a { display: inline-block; padding: .25rem 0; }

/* Errors */

.reference { margin-top: 2rem; color: var(--soft); }
.reference h2 { margin: 0 0 .5rem; font-size: .875rem; font-weight: 600; }
.reference .facts { margin: 0; }
.reference .note { margin: .75rem 0 0; }
.reference .facts > div { padding: .3125rem 0; border: 0; font-size: .8125rem; }
.reference dt { min-width: 4.25rem; }
.reference dd { flex-basis: 9rem; color: var(--soft); font-family: var(--mono); font-weight: 400; }

.details > p { margin: 0; }
.details > h3:first-child { margin-top: 0; }

.values { margin: .25rem 0 0; padding: 0; list-style: none; }
.place { color: var(--soft); font-size: .8125rem; font-weight: 400; }

table { width: 100%; table-layout: fixed; border-collapse: collapse; font-size: .9375rem; }
thead th { color: var(--soft); font-size: .8125rem; font-weight: 500; }
th, td { padding: .5rem 1rem .5rem 0; border-bottom: 1px solid var(--line); text-align: start; vertical-align: top; }
th { font-weight: 600; }
thead th:first-child { width: 34%; }
td { padding-right: 0; font-family: var(--mono); font-size: .8125rem; }
td em { color: var(--soft); }

/* Narrow */

@media (max-width: 30rem) {
  body { padding: .75rem .75rem 1rem; }
  main { border-radius: 1rem; }
  h1 { font-size: 1.4375rem; }
  .try .button { width: 100%; }
  thead th:first-child { width: 44%; }
  tbody th { padding-right: .5rem; font-size: .875rem; }
}

@media (prefers-reduced-motion: no-preference) {
  button, .button, input, summary, a {
    transition: background-color .15s, border-color .15s, color .15s;
  }
}
`
