// Pending: the authorization request that waits behind a form, as a URL of ours.

import { type Call, type FieldName, writeRequest } from '@patois/core'
import type { Site, Station } from './site.ts'

/** A request that waits: its operation, and what it asks. */
export type Pending = { station: Station; query: URLSearchParams }

/** The request of a call as a URL of ours, however it came: what a form goes on with. */
export function pendingOf(station: Station, { fields }: Call): string {
  return `${station.path}?${writeRequest(station.operation, fields).query}`
}

/** Takes such a URL apart; undefined unless it leads to an authorization endpoint of this site. */
export function readPending(site: Site, url: string): Pending | undefined {
  const at = url.indexOf('?')
  const path = at < 0 ? url : url.slice(0, at)
  const station = site.stations.find(
    (one) => one.operation.does === 'authorize' && one.path === path,
  )
  return station && { station, query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)) }
}

/** The URL of a request that waits, encoded anew: whatever stood in a form is safe in a header. */
export function urlOf({ station, query }: Pending): string {
  return `${station.path}?${query}`
}

/** What such a request says in a field, whatever its dialect calls it. */
export function askedIn({ station, query }: Pending, field: FieldName): string | undefined {
  return query.get(nameOf(station, field)) ?? undefined
}

/** The request once its user has signed in: what asked for that has been done. */
export function withoutLogin({ station, query }: Pending): Pending {
  const rest = new URLSearchParams(query)
  const prompt = nameOf(station, 'prompt')
  const prompts = (rest.get(prompt) ?? '').split(' ')
  const open = prompts.filter((one) => one !== 'login' && one !== 'select_account' && one !== '')
  if (open.length > 0) rest.set(prompt, open.join(' '))
  else rest.delete(prompt)
  rest.delete(nameOf(station, 'max_age'))
  return { station, query: rest }
}

// What the dialect calls a field in a query.
function nameOf({ operation }: Station, field: FieldName): string {
  const spots = [operation.reads[field] ?? []].flat().map((one) => one.split(' '))
  return spots.find(([place]) => place === 'query')?.[1] ?? field
}
