// Rooms: the part of the house that a function of a CPU profile stands in.

/** A function as a profile names it; lines are counted from 0. */
export type Frame = { functionName: string; url: string; lineNumber: number }

const NOTHING = 'nothing'
const START = 'start'

// The first that fits; what stands in none goes to the room of whoever called it.
const ROOMS: readonly (readonly [room: string, fits: (frame: Frame) => boolean])[] = [
  [NOTHING, ({ functionName }) => functionName === '(idle)'],
  ['garbage collector', ({ functionName }) => functionName === '(garbage collector)'],
  [START, ({ url }) => /^node:internal\/(modules|bootstrap|process\/pre|main)/.test(url)],
  ['signatures and digests', ({ url }) => /^node:internal\/crypto/.test(url)],
  ['signatures and digests', ({ functionName }) => /^(oneShotDigest|hash)$/.test(functionName)],
  ['the log', ({ url }) => /node_modules\/(pino|sonic-boom|thread-stream)|^node:fs/.test(url)],
  ['fastify', ({ url }) => /node_modules\/(@?fastify|find-my-way|avvio|fast-|toad-)/.test(url)],
  ['our core', ({ url }) => /packages\/core\//.test(url)],
  ['the store, with SQLite', ({ url }) => /server\/dist\/store\/|floor\/tables/.test(url)],
  ['our http', ({ url }) => /packages\/server\/dist\/(http|metrics)/.test(url)],
  ['the rest of our server', ({ url }) => /packages\/server\//.test(url)],
  ['the rest of the floor', ({ url }) => /speed\/floor\//.test(url)],
  ['other packages', ({ url }) => /node_modules\//.test(url)],
  ['Node: http and sockets', ({ url }) => url.startsWith('node:')],
]

/** Where time is spent that no function asked for. */
const OUTSIDE = 'Node itself'
/** What is no part of a request. */
export const LEFT_OUT: ReadonlySet<string> = new Set([NOTHING, START])

/** The room of a function, which is that of whoever called it where nothing else is known. */
export function roomOf(frame: Frame, caller: string = OUTSIDE): string {
  // What a module does while it is loaded belongs to the start, wherever it stands.
  if (caller === START) return START
  return ROOMS.find(([, fits]) => fits(frame))?.[0] ?? caller
}
