// The ways in which providers differ: each has an example in the catalogue, or a reason why not.

import { expect, test } from 'vitest'
import { CATALOGUE } from '../packages/core/src/dialects/catalogue/index.ts'
import { CLASSES } from './quirks.ts'

test.each(CLASSES)('there is an example of: $title', ({ isIn, why }) => {
  const found = CATALOGUE.filter((one) => isIn?.(one))
  if (why === undefined) expect(found.length).toBeGreaterThan(0)
  else expect(isIn).toBeUndefined()
})
