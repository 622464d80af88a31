// Dialects: the rotation of each at one server, beside that of the standard dialect.

import { DIALECTS, type Dialect, type Operation, writeRequest } from '@patois/core'
import type { Contestant } from './contestants.ts'
import { LANES, OPAQUE, SCOPE } from './given.ts'
import type { Job } from './job.ts'
import type { Entry } from './rounds.ts'

const PLACE = 'refresh-token-of-the-lane'

/** Where a dialect is mounted. */
function prefixOf({ name }: Dialect): string {
  return name === 'standard' ? '' : `/at/${name}`
}

/** The part of a configuration that mounts all dialects, for clients of all of them. */
export function dialectConfiguration(clients: readonly object[]) {
  const names = DIALECTS.map(({ name }) => name)
  const more = DIALECTS.flatMap(({ scopes = {} }: Dialect) => Object.keys(scopes))
  const scope = [SCOPE.codes, ...more].join(' ')
  return {
    dialects: DIALECTS.map((one) => ({ dialect: one.name, ...at(prefixOf(one)) })),
    clients: clients.map((client) => ({ ...client, scope, dialects: names })),
  }
}

function at(prefix: string): object {
  return prefix === '' ? {} : { at: prefix }
}

function rotationOf(dialect: Dialect, { port, seeds }: Contestant): Job | undefined {
  const operation: Operation | undefined = Object.values(dialect.operations).find(
    (one: Operation) =>
      one.does === 'token' &&
      'refresh_token' in one.reads &&
      one.grants?.[0] !== 'client_credentials',
  )
  const chain = seeds.dialects?.[dialect.name]
  if (!operation || !chain) return undefined
  const message = writeRequest(operation, {
    client_id: OPAQUE.id,
    client_secret: OPAQUE.secret,
    grant_type: 'refresh_token',
    refresh_token: PLACE,
    // Some of them ask for it each time.
    ...(operation.needs?.includes('scope') && {
      scope: [...SCOPE.tokens.split(' '), ...Object.keys(dialect.scopes ?? {})],
    }),
  })
  const [before = '', after = ''] = new TextDecoder().decode(message.body).split(PLACE)
  const { facts } = operation.answers as { facts: Record<string, string> }
  return {
    port,
    method: 'POST',
    path: prefixOf(dialect) + message.path,
    headers: message.headers as Record<string, string>,
    bodies: { chain, lanes: LANES, before, after, member: lastOf(facts.refresh_token) },
    expected: {
      status: operation.answers.status,
      has: [`"${lastOf(facts.refresh_token)}"`],
      fresh: lastOf(facts.access_token),
    },
  }
}

/** The member in a spot like `json data.refreshToken`. */
function lastOf(spot = ''): string {
  return (spot.split(' ')[1] ?? '').split('.').at(-1) ?? ''
}

/** A rotation in each dialect; the standard one is the first. */
export function dialectEntries(contestant: Contestant): Entry[] {
  return DIALECTS.toSorted((one, other) => order(one) - order(other)).flatMap((dialect) => {
    const job = rotationOf(dialect, contestant)
    return job ? [{ name: dialect.name, pid: contestant.pid, job }] : []
  })
}

function order({ name }: Dialect): number {
  return name === 'standard' ? 0 : 1
}
