// Which rows of a list a test shows: they stand in front of its title, or of a title around it.

/** The rows that a title names, and the sentence behind them. */
export type Named = { ids: string[]; sentence: string }

const NAMED = /^((?:[A-Z]\d+, )*[A-Z]\d+): (.+)$/s

/** The rows of the innermost title that names some; the titles run from the outermost on. */
export function namedIn(titles: readonly string[]): Named | undefined {
  const at = titles.findLastIndex((one) => NAMED.test(one))
  const [, ids = '', sentence = ''] = NAMED.exec(titles[at] ?? '') ?? []
  if (at < 0) return undefined
  const whole = [sentence, ...titles.slice(at + 1)].join(' ').replace(/\s+/g, ' ')
  return { ids: ids.split(', '), sentence: whole }
}

/** Puts ids in their order: by letter, then by number. */
export function compareIds(one: string, other: string): number {
  if (one[0] !== other[0]) return one < other ? -1 : 1
  return Number(one.slice(1)) - Number(other.slice(1))
}
