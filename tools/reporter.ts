// Prints the result of a test run as one plain line, the last of the output.
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** Counts at the end of the run, and prints when the process ends, after every other reporter. */
export default class PlainCount implements Reporter {
  private line = '0 passed, 0 failed, 0 skipped'

  constructor() {
    process.once('exit', () => process.stdout.write(`${this.line}\n`))
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state] += 1
      // A file that cannot be loaded, or a hook that throws, fails without failing a test.
      const groups = [module, ...module.children.allSuites()]
      counts.failed += groups.filter((group) => group.errors().length > 0).length
    }
    const { passed, failed, skipped, pending } = counts
    this.line = `${passed} passed, ${failed + pending} failed, ${skipped} skipped`
  }
}
