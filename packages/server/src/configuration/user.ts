// A user of the configuration file: name, password and claims (OIDC Core §5.1).

import { foldUsername } from '@patois/core'
import { z } from 'zod'

/** A user as the file has it; a plain password is hashed when it is kept. */
export type UserEntry = {
  username: string
  /** Who this is to applications; made where nothing is said. */
  sub?: string
  password?: string
  passwordHash?: string
  claims: Readonly<Record<string, unknown>>
}

// What tokens say themselves: a user's claim of that name would speak for the server.
const OURS = [
  'sub iss aud exp iat nbf jti nonce auth_time acr amr azp sid at_hash c_hash client_id scope',
  'token_type active cnf act may_act',
]
  .join(' ')
  .split(' ')

const PHC =
  /^\$argon2(id|i|d)\$v=19\$m=\d{1,8},t=\d{1,4},p=\d{1,3}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$/

// Neither what nobody sees (Cf: joiners, marks of direction) nor halves of characters (Cs).
const NAME = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,255}$/u
const NAME_FAULT = 'must be 1 to 255 characters that can be seen'

// One address, as plain as applications expect that compare or split it.
const EMAIL = /^[^\s@,;:<>()[\]\\"\p{C}]{1,64}@[^\s@,;:<>()[\]\\"\p{C}]{1,255}$/u

// OIDC Core §2.
const SUB = /^[\x21-\x7e]{1,255}$/

const username = z
  .string()
  .regex(NAME, NAME_FAULT)
  .transform(foldUsername)
  .refine((folded) => folded !== '', NAME_FAULT)

const email = z
  .string()
  .regex(EMAIL, 'must be one address, as in name@example.org')
  .refine((one) => one === one.normalize('NFKC'), 'must be written in plain characters (NFKC)')

const text = z.string().optional()

const ours = z.never('is a claim of the server itself').optional()

const claims = z.looseObject({
  name: text,
  given_name: text,
  family_name: text,
  middle_name: text,
  nickname: text,
  preferred_username: text,
  profile: text,
  picture: text,
  website: text,
  email: email.optional(),
  email_verified: z.boolean().optional(),
  gender: text,
  birthdate: text,
  zoneinfo: text,
  locale: text,
  phone_number: text,
  phone_number_verified: z.boolean().optional(),
  address: z.looseObject({}).optional(),
  updated_at: z.number().int().optional(),
  ...Object.fromEntries(OURS.map((name) => [name, ours])),
})

/** The members of a user. */
export const userShape = z
  .strictObject({
    username,
    sub: z.string().regex(SUB, 'must be 1 to 255 printable ASCII characters').optional(),
    password: z
      .string()
      .min(1)
      .refine((text) => !PHC.test(text), 'is a hash, which is called password_hash')
      .optional(),
    password_hash: z.string().regex(PHC, 'must be an argon2 hash: $argon2id$v=19$…').optional(),
    claims: claims.default({}),
  })
  .transform(
    ({ username: name, sub, password, password_hash, claims: own }): UserEntry => ({
      username: name,
      ...(sub === undefined ? {} : { sub }),
      ...(password === undefined ? {} : { password }),
      ...(password_hash === undefined ? {} : { passwordHash: password_hash }),
      claims: own,
    }),
  )

/** What does not fit together in a user; `bad` members are left out of account. */
export function userFaults(user: UserEntry, bad: ReadonlySet<string>): string[] {
  if (bad.has('password') || bad.has('password_hash')) return []
  const given = [user.password, user.passwordHash].filter((one) => one !== undefined)
  if (given.length === 1) return []
  return [given.length === 0 ? 'needs password_hash or password' : 'has password and password_hash']
}
