// The document every page stands in.

import { fill, type Html, html, text } from './html.ts'
import type { Words } from './words/index.ts'

/** What a page hands to the layout; `base` is the path or address that the server lives under. */
export interface Layout {
  readonly base: string
  readonly title: string
  readonly words: Words
  readonly body: Html
  /** For pages that show commands and tables. */
  readonly wide?: boolean
  /** What else stands in its head. */
  readonly head?: Html
}

/** The whole document, ready to be sent; no scripts, no inline styles, nothing from elsewhere. */
export function layout({ base, title, words, body, wide = false, head }: Layout): string {
  return text(html`<!doctype html>
<html lang="${words.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${fill(words.title, { page: title })}</title>
<link rel="icon" type="image/svg+xml" href="${base}/assets/patois.svg">
<link rel="stylesheet" href="${base}/assets/patois.css">${head}
</head>
<body>
<main id="main"${wide && html` class="wide"`}>
${body}
</main>
<footer><span class="wordmark">Patois</span></footer>
</body>
</html>
`)
}
