// Every sentence of dev mode's pages, in English; the shape of this object is what a locale must say.

/** What a locale must say about dev mode. */
export type DevWords = typeof en

/** The English words. */
export const en = {
  pages: 'Pages of development mode',
  copy: 'Copy',
  copied: 'Copied',
  play: {
    title: 'Playground',
    lead: 'A flow step by step, with every field yours to change. Each step is really taken at this server.',
    dialects: 'Dialects',
    grants: 'Grant types',
    noScript: 'Without scripts nothing is taken from this page; the commands work in a terminal.',
    borrowed: 'in the dialect',
    run: 'Take this step',
    signIn: 'Sign in on the pages',
    filled: 'comes from a step before',
    request: 'Request',
    answer: 'Answer',
    why: 'Why was this refused?',
    withoutProof:
      'This SDK sends no code_verifier: register its client with require_pkce: false, and leave the challenge out of the first step.',
  },
  lens: {
    title: 'Dialect lens',
    lead: 'One call in every dialect that this server speaks. What means the same has the same colour.',
    operations: 'Calls',
    fields: 'Follow a field',
    all: 'All of them',
    because: 'Refused because',
    request: 'Request',
    answer: 'Answer',
    refusal: 'Refusal',
    unable: 'Without this call:',
  },
}
