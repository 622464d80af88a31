// Every sentence of dev mode's pages, in English; the shape of this object is what a locale must say.

/** What a locale must say about dev mode. */
export type DevWords = typeof en

/** The English words. */
export const en = {
  pages: 'Pages of development mode',
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
