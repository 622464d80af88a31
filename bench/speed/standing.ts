// How servers stand beside each other: the best of the peers, and the ratio of two.

import type { Keeping } from './peers.ts'
import type { Summary } from './rounds.ts'

/** What one does for each second of a processor, beside another; by the clock where that is unknown. */
export function ratio(one: Summary, other: Summary): number {
  if (one.perCpuSecond === undefined || other.perCpuSecond === undefined) {
    return one.perSecond / other.perSecond
  }
  return one.perCpuSecond / other.perCpuSecond
}

/** The peers that keep their records so, in the wiring of their documentation: none is `…, bare`. */
export function peersThat(summaries: readonly Summary[], keep: Keeping): Summary[] {
  return summaries.filter(({ name }) => name.endsWith(`, ${keep}`))
}

/** The one of them that does most in a second of its processor. */
export function bestOf(summaries: readonly Summary[], keep: Keeping): Summary | undefined {
  const [first, ...others] = peersThat(summaries, keep)
  return others.reduce((best, one) => (best && ratio(one, best) > 1 ? one : best), first)
}
