// Turn: the requests parsed in one event-loop turn go on together, so that they commit together.

let current: Promise<void> | undefined
let ending: (() => void)[] | undefined

/** Resolves with all others that asked in this turn. */
export function turn(): Promise<void> {
  current ??= new Promise((resolve) => {
    setImmediate(() => {
      current = undefined
      ending = []
      resolve()
    })
    // Behind it in one phase of the loop, with all that resolved promises set going in between.
    setImmediate(end)
  })
  return current
}

function end(): void {
  const works = ending ?? []
  ending = undefined
  for (const work of works) work()
}

/**
 * Runs `work` once all of the turn have gone as far as they get without waiting; outside of a turn,
 * once everything that came in by now has. A round of the loop later the requests that came
 * meanwhile would make a turn of their own: two groups then take turns, with a fifth more commits.
 */
export function afterTurn(work: () => void): void {
  if (ending) ending.push(work)
  else setImmediate(work)
}
