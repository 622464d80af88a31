// Every sentence a person sees, in English; the shape of this object is what a locale must say.

/** What a locale must say. */
export type Words = typeof en

/** The English words; `{name}` is a place that a page fills. */
export const en = {
  lang: 'en',
  title: '{page} · Patois',

  login: {
    title: 'Sign in',
    continueTo: 'to continue to {client}',
    username: 'Username',
    password: 'Password',
    submit: 'Sign in',
    wrong: 'That username and password do not match. Please check both and try again.',
    throttled: 'Too many attempts. Please wait a little and try again.',
    throttledFor: 'Too many attempts. Please wait {time} and try again.',
    expired: 'This page was open for too long. Please sign in again.',
    cookies:
      'Your browser did not keep our cookies, and nobody can be signed in without them. Please allow them for this site and sign in again.',
  },

  consent: {
    title: 'Allow access?',
    heading: '{client} asks for access to your account',
    signedInAs: 'Signed in as {user}',
    scopes: 'This would allow it to:',
    noScopes: 'It only asks to know that you are signed in.',
    already: 'What you allowed before',
    returnsTo: 'Takes you back to',
    service: 'For the service',
    website: 'Website',
    policy: 'Privacy policy',
    terms: 'Terms of service',
    clientId: 'Application ID',
    dropped:
      'Asked for as well, but left out: {scopes}. No such scope is known here, or it is not in the scope of this client.',
    caution: 'Allow this only if you trust the application and started this yourself.',
    allow: 'Allow',
    deny: 'Deny',
  },

  scopes: {
    openid: 'Know who you are when you sign in',
    profile: 'See your profile: your name, picture, language and the like',
    email: 'See your email address',
    address: 'See your postal address',
    phone: 'See your phone number',
    offline_access: 'Keep this access while you are away, until you take it back',
  },
  otherScope: 'Use “{scope}”',

  logout: {
    title: 'Sign out?',
    askedBy: '{client} asks to sign you out here.',
    signedInAs: 'You are signed in as {user}.',
    signOut: 'Sign out',
    stay: 'Stay signed in',
  },

  signedOut: {
    title: 'You are signed out',
    sentence: 'You can close this page now.',
    continue: 'Continue',
    continueTo: 'Continue to {client}',
  },

  signedIn: {
    title: 'You are signed in',
    sentence: 'You are signed in as {user}.',
    next: 'Go back to the application you came from, or close this page.',
    signOut: 'Sign out',
  },

  formPost: {
    title: 'One moment',
    sentence: 'You are being taken back to the application. If nothing happens, press Continue.',
    submit: 'Continue',
    blocked: 'The application gave an address that cannot be opened safely. Nothing was sent.',
  },

  error: {
    unknown: 'Something went wrong',
    reference: 'For support',
    code: 'Code',
    status: 'Status',
    message: 'Message',
    requestId: 'Request',
    details: 'For the developer',
    found: 'What happened',
    sent: 'What was sent',
    field: 'Field',
    value: 'Value',
    nothingSent: 'No field was read from the request.',
    secret: 'sent, but not shown',
    empty: 'empty',
    expected: 'What was expected',
    fix: 'How to fix it',
  },

  why: {
    title: 'Why this was refused',
    lead: 'The server answered your application with an error. This page says more than the answer does, and exists in development mode only.',
    told: 'What the caller was told',
    reason: 'Reason',
    path: 'Path',
    operation: 'Operation',
    dialect: 'Dialect',
    unknown:
      'The request itself is not known here: only the latest refusals since the start are kept.',
  },

  errors: {
    invalid_request: {
      title: 'This link does not work',
      sentence:
        'The application sent you here with a request that is incomplete or wrong. Please go back to it and start again. If it happens again, its owners need to know.',
    },
    invalid_client: {
      title: 'This application is not known here',
      sentence:
        'The application that sent you is not registered here, or could not prove who it is. Its owners need to put this right.',
    },
    unauthorized_client: {
      title: 'This application may not do that',
      sentence:
        'The application asked for something it is not registered for. Its owners need to put this right.',
    },
    server_error: {
      title: 'Something went wrong here',
      sentence:
        'It is our fault, not yours. Please try again in a moment. If it happens again, please pass on the lines below.',
    },
    temporarily_unavailable: {
      title: 'Too busy just now',
      sentence: 'Please try again in a moment. Nothing was lost.',
    },
    redirect_mismatch: {
      title: 'This link is not safe to follow',
      sentence:
        'The application asked to send you to an address that it has not registered, so you stay here. Its owners need to put this right.',
    },
    form_stale: {
      title: 'Please try that again',
      sentence:
        'This form was open for too long or did not come from our own page, so nothing was changed. Please go back, reload the page and try again.',
    },
    method_wrong: {
      title: 'There is nothing to see at this address',
      sentence:
        'It is meant for applications, or for a form on another page. Please go back to where you came from and start again.',
    },
    not_found: {
      title: 'There is nothing here',
      sentence: 'The address may be mistyped, or the page has moved.',
    },
    body_type_wrong: {
      title: 'This form cannot be read',
      sentence: 'It was sent in a format that is not understood here.',
    },
    body_too_large: {
      title: 'That was too much at once',
      sentence: 'What was sent is larger than what is accepted here.',
    },
    too_many_failures: {
      title: 'Too many attempts',
      sentence: 'Please wait a little and try again.',
    },
  },

  home: {
    title: 'Patois is running',
    lead: 'An authorization server for OAuth 2.1 and OpenID Connect.',
    address: 'Its address is {issuer}.',
    devMode: 'Development mode',
    devCaution:
      'The client, the user and their secrets on this page are made for trying things out.',
    tryTitle: 'Try a sign-in',
    trySentence: 'Sign in as the ready-made user and see the code arrive.',
    trySubmit: 'Try a sign-in',
    clientId: 'Client ID',
    clientSecret: 'Client secret',
    username: 'Username',
    password: 'Password',
    commands: 'Call it from a terminal',
    commandsHint: 'One click selects a whole command.',
    linksTitle: 'Look further',
    links: {
      flow: 'Live flow',
      play: 'Playground',
      lens: 'Dialect lens',
      discovery: 'Discovery document',
      jwks: 'Public keys',
      openapi: 'OpenAPI description',
      docs: 'Documentation',
      console: 'Admin console',
      health: 'Health',
    },
  },

  callback: {
    arrived: 'The code has arrived',
    arrivedSentence:
      'A real application would receive this code here and exchange it for tokens. It can be used once and only for a short time.',
    code: 'Code',
    exchange: 'Exchange it for tokens',
    refused: 'The sign-in was not completed',
    refusedSentence: 'The server sent the application this error instead of a code.',
    error: 'Error',
    description: 'Description',
    nothing: 'Nothing has arrived',
    nothingSentence: 'This page shows the code at the end of a sign-in. Start one first.',
    back: 'Back to the start page',
  },
}
