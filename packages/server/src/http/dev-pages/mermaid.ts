// Mermaid: the calls of the journal as the text of a sequence diagram.

import type { CallView, Lane } from '../../pages/dev/call.ts'

const LANES: Readonly<Record<Lane, string>> = {
  browser: 'Browser',
  client: 'Client',
  server: 'Server',
  resource: 'Resource',
}

/** The text. */
export function mermaid(calls: readonly CallView[]): string {
  const lines = Object.entries(LANES).map(([lane, name]) => `participant ${lane} as ${name}`)
  const arrows = calls.flatMap(({ arrows }) =>
    arrows.map(({ from, to, label, note, isAnswer }) => {
      const sign = label === 'lost' ? '--x' : isAnswer ? '-->>' : '->>'
      return `${from}${sign}${to}: ${plain([label, note].filter(Boolean).join(' '))}`
    }),
  )
  return ['sequenceDiagram', ...[...lines, ...arrows].map((line) => `  ${line}`), ''].join('\n')
}

// Both signs end something there, and a line break ends everything.
function plain(text: string): string {
  return text.replace(/[;#\r\n]/g, (sign) => `#${sign.charCodeAt(0)};`)
}
