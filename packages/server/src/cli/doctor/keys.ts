// Keys: whether the master key opens what the database holds, and whether signing keys change in time.

import type { Configuration } from '../../configuration.ts'
import { stages } from '../../keys.ts'
import { keyLabel, openSealer, secretLabel } from '../../master-key.ts'
import type { Looked } from '../../store/look.ts'
import { type Finding, fault, good, warning } from './finding.ts'

/** The sweeper looks every 30 seconds; seconds. */
const LATE = 3600
const DAY = 86_400

/** Checks the keys of a database that has been used; `now` in seconds. */
export function checkKeys(
  { keys, secrets }: Looked,
  masterKeys: readonly string[],
  { lifetimes }: Configuration,
  now: number,
): Finding[] {
  return [checkMaster({ keys, secrets }, masterKeys), ...checkAges(keys, lifetimes, now)]
}

function checkMaster(
  { keys, secrets }: Pick<Looked, 'keys' | 'secrets'>,
  masterKeys: readonly string[],
): Finding {
  const about = 'master key'
  const sealer = openSealer(masterKeys)
  const opened = [
    ...keys.map(({ kid, sealed }) => sealer.open(sealed, keyLabel(kid))),
    ...secrets.map(({ name, sealed }) => sealer.open(sealed, secretLabel(name))),
  ]
  const closed = opened.filter((one) => one === undefined).length
  if (closed > 0) {
    const says = `PATOIS_MASTER_KEY does not open ${closed} of ${opened.length} keys in the database`
    return fault(about, says, 'set it to the key that the database was made with')
  }
  if (opened.some((one) => one?.stale)) {
    const says = 'some keys in the database are still sealed with the old one'
    return warning(about, says, 'start the server once with new,old: it seals them anew')
  }
  if (masterKeys.length > 1) {
    const says = 'the old one is still set, and nothing needs it any more'
    return warning(about, says, 'set PATOIS_MASTER_KEY to the new one alone')
  }
  return good(about, `it opens all ${opened.length} keys in the database`)
}

function checkAges(
  keys: Looked['keys'],
  lifetimes: Configuration['lifetimes'],
  now: number,
): Finding[] {
  const about = 'signing keys'
  const stage = stages(keys, now, Math.max(lifetimes.access_token, lifetimes.id_token))
  const current = keys.filter(({ kid }) => stage.get(kid) === 'current')
  if (current.length === 0) {
    return [fault(about, 'there are none', 'start the server: it makes them')]
  }
  return current.map(({ kind, signsFrom }) => {
    const age = Math.floor((now - signsFrom) / DAY)
    const left = signsFrom + lifetimes.key_rotation - now
    if (left < -LATE) {
      const says = `the ${kind} key is ${age} days old and was to change ${daysOf(-left)} ago`
      const fix = 'look in the log for "changing keys failed"; a server that runs changes it'
      return fault(about, says, fix)
    }
    return good(about, `${kind} signs since ${age} days, and changes in ${daysOf(left)}`)
  })
}

function daysOf(seconds: number): string {
  const days = Math.max(0, Math.floor(seconds / DAY))
  return days === 1 ? '1 day' : `${days} days`
}
