// The ways in which providers differ: how a dialect's data shows each, or why it has no word for it.

import type { Dialect, Operation } from '../packages/core/src/dialects/dialect.ts'

/** A way in which providers differ: how data shows it, or why a dialect cannot say it. */
export type QuirkClass = {
  title: string
  isIn?: (dialect: Dialect) => boolean
  why?: string
}

/** The operations of a dialect, or those that do something. */
export function operationsOf({ operations }: Dialect, does?: Operation['does']): Operation[] {
  return Object.values(operations).filter((one) => does === undefined || one.does === does)
}

/** The places that a field may stand in, the one that is written first. */
export function placesOf(operation: Operation, field: keyof Operation['reads']): string[] {
  return [operation.reads[field] ?? []].flat().map((spot) => spot.split(' ')[0] ?? '')
}

function tokenReads(dialect: Dialect, field: keyof Operation['reads'], place: string): boolean {
  return operationsOf(dialect, 'token').some((one) => placesOf(one, field)[0] === place)
}

/** The facts that an operation arranges, and their spots. */
export function factsOf({
  answers,
}: Operation): readonly (readonly [fact: string, spot: string])[] {
  return answers.facts === 'as they are' ? [] : Object.entries(answers.facts)
}

function says(dialect: Dialect, pattern: RegExp): boolean {
  return operationsOf(dialect, 'token').some((one) =>
    factsOf(one).some(([fact, spot]) => pattern.test(`${fact} ${spot}`)),
  )
}

/** How the scope of an authorization request is spelled; `none` where there is no such thing. */
export function separatorOf(dialect: Dialect): string {
  const spots = operationsOf(dialect, 'authorize').flatMap(({ reads }) => reads.scope ?? [])
  return spots[0]?.split(' ')[2] ?? 'none'
}

/** Every row of an operation's refusals. */
export function rowsOf({ refuses }: Operation) {
  return [
    refuses.otherwise,
    ...Object.values(refuses.rows),
    ...Object.values(refuses.reasons ?? {}),
  ]
}

function isRenamed([field, spot]: readonly [string, unknown]): boolean {
  return [spot].flat().some((one) => String(one).split(' ')[1] !== field)
}

function hasOwnNames(dialect: Dialect, does: Operation['does']): boolean {
  return operationsOf(dialect, does).some(({ reads }) =>
    Object.entries(reads)
      .filter(([, spot]) => /^(query|form|json) /.test(String([spot].flat()[0])))
      .some(isRenamed),
  )
}

/** What providers do in their own ways, the most usual first. */
export const CLASSES: readonly QuirkClass[] = [
  {
    title: 'parameters of its own in every authorization request',
    isIn: (one) => operationsOf(one, 'authorize').some(({ adds }) => adds !== undefined),
  },
  { title: 'no PKCE', isIn: ({ pkce }) => pkce === false },
  {
    title: 'an address with a part that the caller fills in',
    isIn: ({ variables }) => variables !== undefined,
  },
  {
    title: 'calls on several hosts',
    isIn: (one) => operationsOf(one).some(({ at }) => at !== undefined),
  },
  {
    title: 'Basic at the token endpoint',
    isIn: (one) => tokenReads(one, 'client_secret', 'basic'),
  },
  {
    title: 'facts to keep from the token answer or the redirect',
    why: 'needs no word: what no fact reads stays in `extra`, of the tokens and of the redirect',
  },
  {
    title: 'scopes that no space separates',
    isIn: (one) => !['space', 'none'].includes(separatorOf(one)),
  },
  { title: 'no scopes at all', isIn: (one) => separatorOf(one) === 'none' },
  { title: 'token calls in JSON', isIn: (one) => tokenReads(one, 'code', 'json') },
  {
    title: 'a refresh at an address of its own',
    isIn: (one) =>
      operationsOf(one, 'token').some(({ grants }) => grants?.join() === 'refresh_token'),
  },
  {
    title: 'names of its own in the authorization request',
    isIn: (one) => hasOwnNames(one, 'authorize'),
  },
  { title: 'names of its own in the token call', isIn: (one) => hasOwnNames(one, 'token') },
  {
    title: 'fields or headers of its own in every token call',
    isIn: (one) => operationsOf(one, 'token').some(({ adds }) => adds !== undefined),
  },
  {
    title: 'tokens asked for by GET, with secrets in the query',
    isIn: (one) => operationsOf(one, 'token').some(({ methods }) => methods[0] === 'GET'),
  },
  {
    title: 'another name of the code in the redirect',
    isIn: (one) =>
      operationsOf(one, 'authorize').some((page) =>
        factsOf(page).some(([fact, spot]) => fact === 'code' && spot !== 'query code'),
      ),
  },
  {
    title: 'the granted scope in the redirect',
    isIn: (one) =>
      operationsOf(one, 'authorize').some((page) =>
        factsOf(page).some(([fact]) => fact === 'scope'),
      ),
  },
  {
    title: 'an access token that is its own refresh token',
    isIn: (one) => says(one, /^refresh_token json access_token$/),
  },
  {
    title: 'the state once more in the token call',
    isIn: (one) => tokenReads(one, 'state', 'form'),
  },
  {
    title: 'a secret that names its client by itself',
    isIn: (one) =>
      operationsOf(one, 'token').some(
        ({ reads }) => reads.client_secret !== undefined && reads.client_id === undefined,
      ),
  },
  {
    title: 'scopes answered with commas or as a list',
    isIn: (one) => says(one, /^scope .* (comma|array)$/),
  },
  {
    title: 'the end of a token as a moment, a date or text',
    isIn: (one) => says(one, /^access_expires_at .* (unix|unix_ms|iso|numstr)$/),
  },
  {
    title: 'the end of the refresh token',
    isIn: (one) => says(one, /^refresh_expires_at /),
  },
  {
    title: 'tokens that do not say when they end',
    isIn: (one) => !says(one, /^access_expires_at /),
  },
  {
    title: 'names of its own in the token answer',
    isIn: (one) =>
      says(
        one,
        /^(access_token json (?!access_token)|refresh_token json (?!refresh_token|access_token))/,
      ),
  },
  {
    title: 'constants in every answer',
    isIn: (one) => operationsOf(one, 'token').some(({ answers }) => answers.says !== undefined),
  },
  {
    title: 'refusals with status 200',
    isIn: (one) =>
      operationsOf(one, 'token').some((call) => rowsOf(call).some(({ status }) => status === 200)),
  },
  {
    title: 'codes of its own for refusals',
    isIn: (one) =>
      operationsOf(one, 'token').some((call) =>
        rowsOf(call).some(({ error }) => error !== undefined),
      ),
  },
  {
    title: 'refusals with no code at all',
    isIn: (one) =>
      operationsOf(one, 'token').some(({ refuses }) => refuses.facts.error === undefined),
  },
  {
    title: 'refusals inside an object or a list',
    isIn: (one) =>
      operationsOf(one, 'token').some(({ refuses }) => String(refuses.facts.error).includes('.')),
  },
  {
    title: 'an API that wants the token in another header or with another word',
    isIn: ({ presents = {} }) => presents.header !== undefined || presents.scheme !== undefined,
  },
  {
    title: 'an API that wants further headers',
    isIn: ({ presents }) => presents?.adds !== undefined,
  },
  {
    title: 'paths that end with a slash',
    isIn: (one) => operationsOf(one).some(({ path }) => path.endsWith('/')),
  },
  {
    title: 'a form instead of JSON in the answer',
    why: 'is heard from every server and never said: whoever accepts JSON gets it everywhere',
  },
  {
    title: 'a second call before the token can be used',
    why: 'a dialect names single calls; what comes after one is its caller’s story, and `userinfo` where it is a lookup',
  },
  {
    title: 'an API whose address the answer says',
    why: 'is in `extra`: `keep` adds a token to whatever request it is given',
  },
  {
    title: 'a header of the API that differs from tenant to tenant',
    why: 'belongs to the request, which knows the tenant; constants and the client’s id are filled in',
  },
  {
    title: 'revocation that nobody proves, or by DELETE',
    why: 'a server of ours asks who calls; a caller’s own `fetch` does it in a line',
  },
  {
    title: 'signatures over callbacks and requests',
    why: 'are code: the parameters stand in `extra` for whoever checks them',
  },
  {
    title: 'tokens in a path',
    why: 'a dialect has no path with a secret in it: paths stand in logs',
  },
]
