// The page where a person signs in.

import { fill, type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { type Carried, hidden, name } from './parts.ts'
import type { Words } from './words/index.ts'

/** What the sign-in page shows; `retryAfter` is in seconds. */
export interface LoginView extends Carried {
  readonly base: string
  readonly action: string
  readonly username?: string | undefined
  readonly clientName?: string | undefined
  readonly error?: 'wrong' | 'throttled' | 'expired' | 'cookies' | undefined
  readonly retryAfter?: number | undefined
}

/** The sign-in page. */
export function loginPage(view: LoginView, words: Words): string {
  const { base, clientName, username = '' } = view
  const body = html`<h1>${words.login.title}</h1>
${clientName && html`<p class="lead">${fill(words.login.continueTo, { client: name(clientName) })}</p>`}
${view.error && html`<p id="error" class="alert" role="alert">${problem(view, words)}</p>`}
${form(view, username, words)}`
  return layout({ base, title: words.login.title, words, body })
}

function form(view: LoginView, username: string, words: Words): Html {
  const { action, request, csrf, error } = view
  const wrong = error === 'wrong' && html` aria-invalid="true" aria-describedby="error"`
  const focus = html` autofocus`
  return html`<form method="post" action="${action}">
${hidden({ request, csrf })}<label for="username">${words.login.username}</label>
<input id="username" name="username" type="text" value="${username}" autocomplete="username"
 autocapitalize="none" autocorrect="off" spellcheck="false" required${wrong}${!username && focus}>
<label for="password">${words.login.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 required${wrong}${username && focus}>
<button id="sign-in" type="submit">${words.login.submit}</button>
</form>`
}

function problem({ error, retryAfter }: LoginView, words: Words): Html | string {
  if (error !== undefined && error !== 'throttled') return words.login[error]
  if (retryAfter === undefined) return words.login.throttled
  return fill(words.login.throttledFor, { time: duration(retryAfter, words.lang) })
}

function duration(seconds: number, lang: string): string {
  const [amount, unit] = seconds < 60 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long' }).format(amount)
}
