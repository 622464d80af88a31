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
  },

  consent: {
    title: 'Allow access?',
    heading: '{client} asks for access to your account',
    signedInAs: 'Signed in as {user}',
    scopes: 'This would allow it to:',
    noScopes: 'It only asks to know that you are signed in.',
    already: 'What you allowed before',
    returnsTo: 'Takes you back to',
    clientId: 'Application ID',
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
    sent: 'What was sent',
    field: 'Field',
    value: 'Value',
    nothingSent: 'Nothing was sent.',
    empty: 'empty',
    expected: 'What was expected',
    fix: 'How to fix it',
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
    invalid_grant: {
      title: 'This sign-in is no longer valid',
      sentence:
        'It was used already, was taken back, or is too old. Please go back to the application and sign in again.',
    },
    unsupported_grant_type: {
      title: 'This application may not do that',
      sentence:
        'The application asked in a way that is not offered here. Its owners need to put this right.',
    },
    unsupported_response_type: {
      title: 'This link does not work',
      sentence:
        'The application asked for a kind of answer that is not offered here. Its owners need to put this right.',
    },
    invalid_scope: {
      title: 'This access cannot be given',
      sentence:
        'The application asked for access that does not exist or that it may not have. Its owners need to put this right.',
    },
    invalid_target: {
      title: 'This access cannot be given',
      sentence:
        'The application asked for access to a service that is not known here. Its owners need to put this right.',
    },
    invalid_token: {
      title: 'This access is no longer valid',
      sentence:
        'It has ended or was taken back. Please go back to the application and sign in again.',
    },
    insufficient_scope: {
      title: 'This access is not enough',
      sentence: 'The application needs more access than you gave it for this step.',
    },
    access_denied: {
      title: 'Access was not given',
      sentence:
        'Nothing was shared with the application. If you did not mean this, go back to it and start again.',
    },
    login_required: {
      title: 'Please sign in first',
      sentence: 'You are not signed in. Please go back to the application and sign in.',
    },
    consent_required: {
      title: 'Your permission is needed',
      sentence:
        'The application needs your permission before it can go on. Please go back to it and start again.',
    },
    interaction_required: {
      title: 'Please sign in again',
      sentence: 'This step needs you. Please go back to the application and sign in again.',
    },
    account_selection_required: {
      title: 'Please choose an account',
      sentence: 'Please go back to the application, start again and choose an account.',
    },
    request_not_supported: {
      title: 'This link does not work',
      sentence:
        'The application asked in a way that is not offered here. Its owners need to put this right.',
    },
    request_uri_not_supported: {
      title: 'This link does not work',
      sentence:
        'The application asked in a way that is not offered here. Its owners need to put this right.',
    },
    registration_not_supported: {
      title: 'This link does not work',
      sentence:
        'The application tried to register itself, which is not offered here. Its owners need to put this right.',
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
    unregistered_redirect: {
      title: 'This link is not safe to follow',
      sentence:
        'The application asked to send you to an address that it has not registered, so you stay here. Its owners need to put this right.',
    },
    request_expired: {
      title: 'This sign-in has ended',
      sentence:
        'It was open for too long, was finished already, or was started in another browser. Please go back to the application and start again.',
    },
    form_refused: {
      title: 'Please try that again',
      sentence:
        'This form was open for too long or did not come from our own page, so nothing was changed. Please go back, reload the page and try again.',
    },
    not_found: {
      title: 'There is nothing here',
      sentence: 'The address may be mistyped, or the page has moved.',
    },
    method_not_allowed: {
      title: 'This page cannot be used that way',
      sentence: 'The address exists, but not for this kind of request.',
    },
    unsupported_media_type: {
      title: 'This form cannot be read',
      sentence: 'It was sent in a format that is not understood here.',
    },
    payload_too_large: {
      title: 'That was too much at once',
      sentence: 'What was sent is larger than what is accepted here.',
    },
    too_many_requests: {
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
