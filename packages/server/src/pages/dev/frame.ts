// The frame of dev mode's pages: their style, their scripts, and the way from one to the other.

import { type Html, html } from '../html.ts'
import { layout } from '../layout.ts'
import type { DevWords } from '../words/dev/index.ts'
import type { Words } from '../words/index.ts'

/** The pages of dev mode. */
export type DevPage = 'flow' | 'play' | 'lens'

/** What such a page hands to its frame; `script` is the name of the file that works on it. */
export interface Frame {
  readonly base: string
  readonly page: DevPage
  readonly body: Html
  readonly script?: string
}

const PATHS: Readonly<Record<DevPage, string>> = {
  flow: '/dev',
  play: '/dev/play',
  lens: '/dev/lens',
}

/** The whole document. */
export function frame(of: Frame, words: Words, say: DevWords): string {
  const { base, page, body, script } = of
  const { title } = say[page]
  const links = Object.entries(PATHS).map(
    ([name, path]) =>
      html`<li><a href="${base}${path}"${name === page && html` aria-current="page"`}>${say[name as DevPage].title}</a></li>\n`,
  )
  const head = html`
<link rel="stylesheet" href="${base}/assets/dev.css">${
    script && html`\n<script type="module" src="${base}/assets/dev/${script}"></script>`
  }`
  const whole = html`<nav class="tabs" aria-label="${say.pages}">
<a class="badge" href="${base}/">${words.home.devMode}</a>
<ul>
${links}</ul>
</nav>
<h1>${title}</h1>
<p class="lead">${say[page].lead}</p>
${body}`
  return layout({ base, title, words, body: whole, wide: true, head })
}
