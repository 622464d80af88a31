// Forms: what binds a form of ours to the browser and the request that it was made for.

import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a form is for; a token for one kind is worth nothing for another. */
export type FormKind = 'login' | 'consent' | 'logout'

/** What a form token stands for: the browser or session, and the request it goes on with. */
export type FormBinding = { kind: FormKind; browser: string; request: string }

/** Makes and checks form tokens. */
export type Forms = {
  /** A token for a form that is shown at `now`, seconds. */
  sign(binding: FormBinding, now: number): string
  /** True when the token was made for exactly this, and not too long ago. */
  isRight(binding: FormBinding, token: string, now: number): boolean
}

/** How long a form may stay open in a browser: an hour, in seconds. */
const LIFE = 3600

/** Form tokens under the database's own form key. */
export function forms(key: Uint8Array): Forms {
  const macOf = ({ kind, browser, request }: FormBinding, until: string): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([kind, browser, request, until]))
      .digest()
  return {
    sign(binding, now) {
      const until = String(now + LIFE)
      return `${until}.${macOf(binding, until).toString('base64url')}`
    },
    isRight(binding, token, now) {
      const [until = '', mac = ''] = token.split('.')
      const sent = Buffer.from(mac, 'base64url')
      const right = macOf(binding, until)
      return sent.length === right.length && timingSafeEqual(sent, right) && Number(until) > now
    },
  }
}
