// Paths: which of them could answer the same request.

const PART = /^\{\w+\}$/

/** The names of the `{name}` parts of a path. */
export function partNames(path: string): string[] {
  return path.split('/').flatMap((part) => (PART.test(part) ? [part.slice(1, -1)] : []))
}

/** True when a request could fit both paths: part for part they are alike, or one is a `{name}`. */
export function pathsOverlap(one: string, other: string): boolean {
  const [parts, others] = [one.split('/'), other.split('/')]
  return (
    parts.length === others.length &&
    parts.every((part, index) => {
      const against = others[index] ?? ''
      return part === against || PART.test(part) || PART.test(against)
    })
  )
}
