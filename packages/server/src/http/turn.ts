// Turn: the requests parsed in one event-loop turn go on together, so that they commit together.

let waiting: (() => void)[] = []

function release(): void {
  const ready = waiting
  waiting = []
  for (const go of ready) go()
}

/** Resolves with all others that asked in this turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.length === 0) setImmediate(release)
    waiting.push(resolve)
  })
}
