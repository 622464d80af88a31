// Profile: a CPU profile as Node writes it, told apart by the rooms of the house that the time was spent in.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Frame, LEFT_OUT, roomOf } from './rooms.ts'

type Node = { id: number; callFrame: Frame; children?: readonly number[] }
type Profile = { nodes: readonly Node[]; samples: readonly number[]; timeDeltas: readonly number[] }

/** A function in its room, or a room; `share` is of the time in which the process was busy. */
export type Slice = { name: string; place: string; share: number; parts: Slice[] }

/** Where the process was: the frame, its room, and the frame that called it where that is another. */
type Spot = { frame: Frame; room: string; above?: Spot }

/** The one profile in a folder, as a slice for each room with its functions below it. */
export function slicesOf(folder: string): Slice[] {
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile
  const spots = spotsOf(profile)
  const rooms: Slice[] = []
  let total = 0
  profile.samples.forEach((id, at) => {
    const spot = spots.get(id)
    if (!spot || LEFT_OUT.has(spot.room)) return
    const time = profile.timeDeltas[at] ?? 0
    total += time
    let parts = rooms
    for (const { name, place } of wayTo(spot)) {
      const slice = parts.find((one) => one.name === name && one.place === place)
      const found = slice ?? { name, place, share: 0, parts: [] }
      if (!slice) parts.push(found)
      found.share += time
      parts = found.parts
    }
  })
  return sharesOf(rooms, total)
}

function sharesOf(slices: readonly Slice[], total: number): Slice[] {
  return slices.map(({ share, parts, ...one }) => ({
    ...one,
    share: share / total,
    parts: sharesOf(parts, total),
  }))
}

// The room, then how the program went on in it, from where it entered it last.
function wayTo(spot: Spot): { name: string; place: string }[] {
  const way: { name: string; place: string }[] = []
  for (let at: Spot | undefined = spot; at?.room === spot.room; at = at.above) {
    const { functionName, url, lineNumber } = at.frame
    if (functionName.startsWith('(')) continue
    const name = functionName || `in ${url.split('/').at(-1)}`
    way.unshift({ name, place: url && `${url}:${lineNumber + 1}` })
  }
  return [{ name: spot.room, place: '' }, ...way]
}

function spotsOf({ nodes }: Profile): Map<number, Spot> {
  const spots = new Map<number, Spot>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const enter = ({ id, callFrame: frame, children = [] }: Node, above?: Spot): void => {
    const room = roomOf(frame, above?.room)
    const spot = { frame, room, ...(above && { above }) }
    spots.set(id, spot)
    for (const child of children) {
      const node = byId.get(child)
      if (node) enter(node, spot)
    }
  }
  const [root] = nodes
  if (root) enter(root)
  return spots
}
