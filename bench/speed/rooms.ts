// Rooms: where a process spent its time, out of a CPU profile, by the part of the house that it was in.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type Frame = { functionName: string; url: string }
type Node = { id: number; callFrame: Frame; children?: readonly number[] }
type Profile = { nodes: readonly Node[]; samples: readonly number[]; timeDeltas: readonly number[] }

/** Shares of the time in which the process was busy, by room; they add up to 1. */
export type Shares = Readonly<Record<string, number>>

// The first that fits; what stands in none goes to the room of whoever called it.
const ROOMS: readonly (readonly [room: string, fits: (frame: Frame) => boolean])[] = [
  ['nothing', ({ functionName }) => functionName === '(idle)'],
  ['garbage collector', ({ functionName }) => functionName === '(garbage collector)'],
  ['start', ({ url }) => /^node:internal\/(modules|bootstrap|process\/pre|main)/.test(url)],
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
  ['Node: http, sockets, streams', ({ url }) => url.startsWith('node:')],
]
const OUTSIDE = 'Node itself'
const LEFT_OUT = new Set(['nothing', 'start'])

/** The one profile in a folder, as shares of the rooms. */
export function sharesOf(folder: string): Shares {
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile
  const rooms = roomsOf(profile)
  const spent: Record<string, number> = {}
  let total = 0
  profile.samples.forEach((id, at) => {
    const room = rooms.get(id) ?? OUTSIDE
    if (LEFT_OUT.has(room)) return
    const time = profile.timeDeltas[at] ?? 0
    spent[room] = (spent[room] ?? 0) + time
    total += time
  })
  return Object.fromEntries(Object.entries(spent).map(([room, time]) => [room, time / total]))
}

function roomsOf({ nodes }: Profile): Map<number, string> {
  const rooms = new Map<number, string>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const enter = (node: Node, above: string): void => {
    const room = ROOMS.find(([, fits]) => fits(node.callFrame))?.[0] ?? above
    rooms.set(node.id, room)
    for (const id of node.children ?? []) {
      const child = byId.get(id)
      if (child) enter(child, room)
    }
  }
  const [root] = nodes
  if (root) enter(root, OUTSIDE)
  return rooms
}
