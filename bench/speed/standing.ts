// How servers stand beside each other: the best of the peers, and the ratio of two.

import type { Summary } from './rounds.ts'

/** What one does for each second of a processor, beside another; by the clock where that is unknown. */
export function ratio(one: Summary, other: Summary): number {
  if (one.perCpuSecond === undefined || other.perCpuSecond === undefined) {
    return one.perSecond / other.perSecond
  }
  return one.perCpuSecond / other.perCpuSecond
}

/** True for a server that is neither ours nor the floor. */
export function isPeer({ name }: Summary): boolean {
  return name.endsWith(', durable') || name.endsWith(', memory')
}

/** The peer that does most of those that keep their records so. */
export function bestOf(
  summaries: readonly Summary[],
  kept: 'durable' | 'memory',
): Summary | undefined {
  const [first, ...others] = summaries.filter(({ name }) => name.endsWith(`, ${kept}`))
  return others.reduce((best, one) => (best && ratio(one, best) > 1 ? one : best), first)
}
