// Q: whether the time of a refused sign-in tells who has an account.

import { formAction, hiddenFields, openBrowser } from '../../door/browser.ts'
import { measure, type Timed } from './line.ts'
import { atPlace, from, type Measurement, type Place, runAlone } from './place.ts'

/** Fewer than what an account bears at once. */
const TRIES = 40

/** Wrong passwords of users who exist, and of others, at the login page. */
export const q: Measurement = (samples = 300) => {
  const users = Array.from({ length: Math.ceil((samples * 1.1) / TRIES) }, (_, index) => ({
    username: `known-${index}`,
    password: `right-password-${index}`,
  }))
  return atPlace({ users }, async (place) => {
    const typeIn = await openForm(place)
    return [
      await measure(place.port, {
        row: 'Q',
        what: 'a wrong password of a user who exists, or of one who does not',
        samples,
        status: 401,
        kinds: { known: typeIn('known'), unknown: typeIn('guess') },
      }),
    ]
  })
}

const openForm = async (place: Place) => {
  const browser = openBrowser()
  const page = await browser.get(place.url('/login'))
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return (kind: string) =>
    (index: number): Timed => ({
      path: formAction(page.text),
      fields: {
        ...hiddenFields(page.text),
        username: `${kind}-${Math.floor(index / TRIES)}`,
        password: 'wrong-password',
      },
      headers: { ...from(index), cookie },
    })
}

await runAlone(import.meta.url, q)
