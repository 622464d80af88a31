// What a test has measured of a promise: told to whoever looks on, and to the table of `npm run promises`.

import { appendFileSync } from 'node:fs'

/** Reports a figure of a promise (R1 …), with the counts that it was measured with. */
export const measured = (id: `R${number}`, figure: string): void => {
  console.log(`${id}: ${figure}`)
  const file = process.env.PATOIS_MEASURED
  if (file) appendFileSync(file, `${JSON.stringify({ id, figure })}\n`)
}
