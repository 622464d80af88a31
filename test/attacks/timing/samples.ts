// Samples: what two kinds of requests took, and whether anybody could tell one kind from the other.

/** What was measured of two kinds of requests, in microseconds. */
export type Figures = {
  /** Of each kind. */
  samples: number
  medians: Readonly<Record<string, number>>
  /** How much longer the second median is than the first. */
  differencePercent: number
  /** That two samples of one kind lie so far apart by chance (Mann and Whitney, two-sided). */
  p: number
}

/** One row of the reports, whatever was measured for it. */
export type Row = { row: string; what: string; figures: object; verdict: string }

/** A row about time; `what` says whom the two kinds would betray. */
export type Report = {
  row: string
  what: string
  figures: Figures
  verdict: 'alike' | 'told apart'
}

/** Medians that differ by more can be told apart over a network; percent. */
const MOST_PERCENT = 2
const LEAST_P = 0.01

/** The middle of some numbers. */
export const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[Math.ceil(middle) - 1],
    sorted[Math.floor(middle)],
  ]
  return (low + high) / 2
}

/**
 * The p value of the Mann–Whitney test that neither sample tends to be larger: two-sided, by the
 * normal distribution with the correction for ties, which fits samples of more than 20.
 */
export const mannWhitney = (a: readonly number[], b: readonly number[]): number => {
  const all = [...a.map((value) => ({ value, own: 1 })), ...b.map((value) => ({ value, own: 0 }))]
  all.sort((one, other) => one.value - other.value)
  let rankSum = 0
  let ties = 0
  for (let first = 0; first < all.length; ) {
    let next = first
    let own = 0
    for (; next < all.length && all[next]?.value === all[first]?.value; next++)
      own += all[next]?.own ?? 0
    // Equal values share the mean of their ranks.
    rankSum += own * ((first + 1 + next) / 2)
    const alike = next - first
    ties += alike ** 3 - alike
    first = next
  }
  const [n, m, total] = [a.length, b.length, all.length]
  const u = rankSum - (n * (n + 1)) / 2
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)))
  if (variance === 0) return 1
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance)
  return Math.min(1, 2 * upperTail(z))
}

// Mills' ratio as a continued fraction far out, and the power series near the middle.
const upperTail = (z: number): number => {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  if (z > 3) {
    let fraction = z
    for (let k = 60; k > 0; k--) fraction = z + k / fraction
    return density / fraction
  }
  let term = z
  let sum = z
  for (let k = 1; k < 60; k++) {
    term *= (z * z) / (2 * k + 1)
    sum += term
  }
  return 0.5 - density * sum
}

/** The report on two samples, each under the name of its kind. */
export const compare = (
  { row, what }: Pick<Report, 'row' | 'what'>,
  samples: Readonly<Record<string, readonly number[]>>,
): Report => {
  const [a = [], b = []] = Object.values(samples)
  const medians = Object.fromEntries(
    Object.entries(samples).map(([kind, taken]) => [kind, median(taken)]),
  )
  const differencePercent = (median(b) / median(a) - 1) * 100
  const p = mannWhitney(a, b)
  const alike = Math.abs(differencePercent) <= MOST_PERCENT && p > LEAST_P
  const figures = { samples: a.length, medians, differencePercent, p }
  return { row, what, figures, verdict: alike ? 'alike' : 'told apart' }
}
