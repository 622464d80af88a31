// Store: where tokens are kept, and the one way to change what is kept there.

/** What stands under a name while nobody else may change it. */
export type Entry = {
  /** What is kept; undefined when nothing is. */
  read(): Promise<string | undefined>
  /**
   * Keeps a text that is not empty, or nothing. False, and nothing is written, when somebody who
   * took the lock over has changed what was read.
   */
  write(value: string | undefined): Promise<boolean>
}

/** Keeps texts by name: in a file, a database, a browser. */
export type TokenStore = {
  /**
   * Runs `work` while nobody else, in this process or another, runs any under the same name. What
   * was written is there for good when the promise is fulfilled. Throws what `work` throws.
   */
  transaction<T>(name: string, work: (entry: Entry) => Promise<T>): Promise<T>
  /** True when what is written leaves this process: it must be sealed. */
  readonly leavesProcess: boolean
}
