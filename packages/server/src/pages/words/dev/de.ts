// Every sentence of dev mode's pages, in German.

import type { DevWords } from './en.ts'

/** The German words. */
export const de: DevWords = {
  pages: 'Seiten des Entwicklungsmodus',
  copy: 'Kopieren',
  copied: 'Kopiert',
  play: {
    title: 'Spielwiese',
    lead: 'Ein Ablauf Schritt für Schritt, in dem Sie jedes Feld ändern können. Jeder Schritt geschieht wirklich an diesem Server.',
    dialects: 'Dialekte',
    grants: 'Grant-Typen',
    noScript: 'Ohne Skripte geschieht auf dieser Seite nichts; die Befehle gehen im Terminal.',
    borrowed: 'im Dialekt',
    run: 'Schritt ausführen',
    signIn: 'Auf den Seiten anmelden',
    filled: 'kommt aus einem Schritt davor',
    request: 'Anfrage',
    answer: 'Antwort',
    why: 'Warum wurde das abgelehnt?',
    withoutProof:
      'Dieses SDK sendet keinen code_verifier: Registrieren Sie seinen Client mit require_pkce: false, und lassen Sie die Challenge im ersten Schritt weg.',
  },
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
