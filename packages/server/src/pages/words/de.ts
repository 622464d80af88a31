// Every sentence a person sees, in German.

import type { Words } from './en.ts'

/** The German words. */
export const de: Words = {
  lang: 'de',
  title: '{page} · Patois',

  login: {
    title: 'Anmelden',
    continueTo: 'weiter zu {client}',
    username: 'Benutzername',
    password: 'Passwort',
    submit: 'Anmelden',
    wrong: 'Benutzername und Passwort passen nicht zusammen. Bitte prüfen Sie beides.',
    throttled: 'Zu viele Versuche. Bitte warten Sie etwas und versuchen Sie es dann erneut.',
    throttledFor: 'Zu viele Versuche. Bitte warten Sie {time} und versuchen Sie es dann erneut.',
    expired: 'Diese Seite war zu lange offen. Bitte melden Sie sich erneut an.',
    cookies:
      'Ihr Browser hat unsere Cookies nicht behalten, und ohne sie kann sich niemand anmelden. Bitte erlauben Sie sie für diese Seite und melden Sie sich erneut an.',
  },

  consent: {
    title: 'Zugriff erlauben?',
    heading: '{client} bittet um Zugriff auf Ihr Konto',
    signedInAs: 'Angemeldet als {user}',
    scopes: 'Die Anwendung dürfte dann:',
    noScopes: 'Sie möchte nur wissen, dass Sie angemeldet sind.',
    already: 'Was Sie früher erlaubt haben',
    returnsTo: 'Führt Sie zurück zu',
    service: 'Für den Dienst',
    website: 'Website',
    policy: 'Datenschutz',
    terms: 'Nutzungsbedingungen',
    clientId: 'Kennung der Anwendung',
    dropped:
      'Auch erbeten, aber weggelassen: {scopes}. Ein solcher Scope ist hier unbekannt oder steht nicht im scope dieses Clients.',
    caution:
      'Erlauben Sie das nur, wenn Sie der Anwendung vertrauen und den Vorgang selbst begonnen haben.',
    allow: 'Erlauben',
    deny: 'Ablehnen',
  },

  scopes: {
    openid: 'Erkennen, wer Sie sind, wenn Sie sich anmelden',
    profile: 'Ihr Profil sehen: Name, Bild, Sprache und Ähnliches',
    email: 'Ihre E-Mail-Adresse sehen',
    address: 'Ihre Postanschrift sehen',
    phone: 'Ihre Telefonnummer sehen',
    offline_access: 'Diesen Zugriff auch in Ihrer Abwesenheit behalten, bis Sie ihn zurücknehmen',
  },
  otherScope: '„{scope}“ nutzen',

  logout: {
    title: 'Abmelden?',
    askedBy: '{client} möchte Sie hier abmelden.',
    signedInAs: 'Sie sind als {user} angemeldet.',
    signOut: 'Abmelden',
    stay: 'Angemeldet bleiben',
  },

  signedOut: {
    title: 'Sie sind abgemeldet',
    sentence: 'Sie können diese Seite jetzt schließen.',
    continue: 'Weiter',
    continueTo: 'Weiter zu {client}',
  },

  signedIn: {
    title: 'Sie sind angemeldet',
    sentence: 'Sie sind als {user} angemeldet.',
    next: 'Gehen Sie zurück zu Ihrer Anwendung, oder schließen Sie diese Seite.',
    signOut: 'Abmelden',
  },

  formPost: {
    title: 'Einen Moment',
    sentence:
      'Sie werden zur Anwendung zurückgebracht. Wenn nichts geschieht, drücken Sie „Weiter“.',
    submit: 'Weiter',
    blocked:
      'Die Anwendung nannte eine Adresse, die sich nicht sicher öffnen lässt. Es wurde nichts gesendet.',
  },

  error: {
    unknown: 'Etwas ist schiefgegangen',
    reference: 'Für den Support',
    code: 'Code',
    status: 'Status',
    message: 'Meldung',
    requestId: 'Anfrage',
    details: 'Für Entwickler',
    found: 'Was geschehen ist',
    sent: 'Was gesendet wurde',
    field: 'Feld',
    value: 'Wert',
    nothingSent: 'Aus der Anfrage wurde kein Feld gelesen.',
    secret: 'gesendet, aber nicht gezeigt',
    empty: 'leer',
    expected: 'Was erwartet wurde',
    fix: 'So lässt es sich beheben',
  },

  why: {
    title: 'Warum das abgelehnt wurde',
    lead: 'Der Server hat Ihrer Anwendung mit einem Fehler geantwortet. Diese Seite sagt mehr als die Antwort; es gibt sie nur im Entwicklungsmodus.',
    told: 'Was der Aufrufer erfahren hat',
    reason: 'Grund',
    path: 'Pfad',
    operation: 'Operation',
    dialect: 'Dialekt',
    unknown:
      'Die Anfrage selbst ist hier nicht bekannt: Aufbewahrt werden nur die neuesten Ablehnungen seit dem Start.',
  },

  errors: {
    invalid_request: {
      title: 'Dieser Link funktioniert nicht',
      sentence:
        'Die Anwendung hat Sie mit einer unvollständigen oder falschen Anfrage hierher geschickt. Bitte gehen Sie zurück und beginnen Sie noch einmal. Geschieht es wieder, sollten ihre Betreiber davon erfahren.',
    },
    invalid_client: {
      title: 'Diese Anwendung ist hier nicht bekannt',
      sentence:
        'Die Anwendung, die Sie geschickt hat, ist hier nicht registriert oder konnte sich nicht ausweisen. Das müssen ihre Betreiber beheben.',
    },
    unauthorized_client: {
      title: 'Das darf diese Anwendung nicht',
      sentence:
        'Die Anwendung verlangt etwas, wofür sie nicht registriert ist. Das müssen ihre Betreiber beheben.',
    },
    server_error: {
      title: 'Hier ist etwas schiefgegangen',
      sentence:
        'Es liegt an uns, nicht an Ihnen. Bitte versuchen Sie es gleich noch einmal. Geschieht es wieder, geben Sie bitte die Zeilen unten weiter.',
    },
    temporarily_unavailable: {
      title: 'Gerade zu viel los',
      sentence: 'Bitte versuchen Sie es gleich noch einmal. Es ging nichts verloren.',
    },
    redirect_mismatch: {
      title: 'Diesem Link zu folgen ist nicht sicher',
      sentence:
        'Die Anwendung wollte Sie an eine Adresse schicken, die sie nicht registriert hat; darum bleiben Sie hier. Das müssen ihre Betreiber beheben.',
    },
    form_stale: {
      title: 'Bitte versuchen Sie das noch einmal',
      sentence:
        'Dieses Formular war zu lange offen oder kam nicht von unserer eigenen Seite; es wurde nichts geändert. Bitte gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.',
    },
    method_wrong: {
      title: 'Unter dieser Adresse gibt es nichts zu sehen',
      sentence:
        'Sie ist für Anwendungen da oder für ein Formular auf einer anderen Seite. Bitte gehen Sie dorthin zurück, wo Sie herkamen, und beginnen Sie noch einmal.',
    },
    not_found: {
      title: 'Hier ist nichts',
      sentence: 'Vielleicht ist die Adresse vertippt, oder die Seite ist umgezogen.',
    },
    body_type_wrong: {
      title: 'Dieses Formular ist nicht lesbar',
      sentence: 'Es kam in einem Format, das hier nicht verstanden wird.',
    },
    body_too_large: {
      title: 'Das war zu viel auf einmal',
      sentence: 'Es wurde mehr gesendet, als hier angenommen wird.',
    },
    too_many_failures: {
      title: 'Zu viele Versuche',
      sentence: 'Bitte warten Sie etwas und versuchen Sie es dann erneut.',
    },
  },

  home: {
    title: 'Patois läuft',
    lead: 'Ein Autorisierungsserver für OAuth 2.1 und OpenID Connect.',
    address: 'Seine Adresse ist {issuer}.',
    devMode: 'Entwicklungsmodus',
    devCaution:
      'Die Anwendung, die Person und ihre Geheimnisse auf dieser Seite sind zum Ausprobieren gemacht.',
    tryTitle: 'Eine Anmeldung ausprobieren',
    trySentence: 'Melden Sie sich mit dem fertigen Konto an und sehen Sie den Code ankommen.',
    trySubmit: 'Anmeldung ausprobieren',
    clientId: 'Client-ID',
    clientSecret: 'Client-Geheimnis',
    username: 'Benutzername',
    password: 'Passwort',
    commands: 'Aus dem Terminal aufrufen',
    commandsHint: 'Ein Klick markiert den ganzen Befehl.',
    linksTitle: 'Weiter umsehen',
    links: {
      flow: 'Ablauf',
      play: 'Spielwiese',
      lens: 'Dialektlupe',
      discovery: 'Discovery-Dokument',
      jwks: 'Öffentliche Schlüssel',
      openapi: 'OpenAPI-Beschreibung',
      docs: 'Dokumentation',
      console: 'Verwaltung',
      health: 'Zustand',
    },
  },

  callback: {
    arrived: 'Der Code ist angekommen',
    arrivedSentence:
      'Eine echte Anwendung bekäme diesen Code hier und tauschte ihn gegen Tokens. Er gilt nur einmal und nur kurze Zeit.',
    code: 'Code',
    exchange: 'Gegen Tokens tauschen',
    refused: 'Die Anmeldung wurde nicht abgeschlossen',
    refusedSentence: 'Der Server hat der Anwendung statt eines Codes diesen Fehler geschickt.',
    error: 'Fehler',
    description: 'Beschreibung',
    nothing: 'Es ist nichts angekommen',
    nothingSentence: 'Diese Seite zeigt den Code am Ende einer Anmeldung. Beginnen Sie erst eine.',
    back: 'Zurück zur Startseite',
  },
}
