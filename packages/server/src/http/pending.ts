// Pending: the authorization request that waits behind a form, as a URL of ours.

import type { Call } from '@patois/core'
import type { Site, Station } from './site.ts'

/** A request that waits: its operation, and what it asks. */
export type Pending = { station: Station; query: URLSearchParams }

/** The request of a call as a URL of ours, however it came: what a form goes on with. */
export function pendingOf(station: Station, { fields }: Call): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'scope') query.append(name, [value].flat().join(' '))
    else for (const one of [value].flat()) query.append(name, one)
  }
  return urlOf({ station, query })
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

/** The request once its user has signed in: what asked for that has been done. */
export function withoutLogin({ station, query }: Pending): Pending {
  const rest = new URLSearchParams(query)
  const prompts = (rest.get('prompt') ?? '').split(' ')
  const open = prompts.filter((one) => one !== 'login' && one !== 'select_account' && one !== '')
  if (open.length > 0) rest.set('prompt', open.join(' '))
  else rest.delete('prompt')
  rest.delete('max_age')
  return { station, query: rest }
}
