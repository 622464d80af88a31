// Turn: the requests parsed in one event-loop turn go on together, so that they commit together.

let current: Promise<void> | undefined

/** Resolves with all others that asked in this turn. */
export function turn(): Promise<void> {
  current ??= new Promise((resolve) => {
    setImmediate(() => {
      current = undefined
      resolve()
    })
  })
  return current
}
