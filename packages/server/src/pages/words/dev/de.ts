// Every sentence of dev mode's pages, in German.

import type { DevWords } from './en.ts'

/** The German words. */
export const de: DevWords = {
  pages: 'Seiten des Entwicklungsmodus',
  lens: {
    title: 'Dialektlupe',
    lead: 'Ein Aufruf in jedem Dialekt, den dieser Server spricht. Was dasselbe bedeutet, hat dieselbe Farbe.',
    operations: 'Aufrufe',
    fields: 'Einem Feld folgen',
    all: 'Allen',
    because: 'Abgelehnt, weil',
    request: 'Anfrage',
    answer: 'Antwort',
    refusal: 'Ablehnung',
    unable: 'Ohne diesen Aufruf:',
  },
}
