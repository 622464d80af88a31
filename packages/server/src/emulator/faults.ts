// The script of faults: which requests they hit, how often, and which are left.

import { EmulatorFault } from './fault.ts'
import { type Fault, readFault } from './fault-kinds.ts'

/** Which requests a fault hits; what is left out, any. */
export type Where = { operation?: string; client?: string; dialect?: string; grant_type?: string }

/** A fault that waits: `times` for so many requests yet, else until it is cleared. */
export type Scripted = { id: string; where: Where; times?: number; hits: number; fault: Fault }

/** A fault as somebody asks for it. */
export type FaultAsked = { where?: Where; times?: number; fault: Fault }

/** What a request is to the script. */
export type Subject = { [Name in keyof Where]?: string | undefined }

/** The scripted faults. */
export type Faults = {
  /** Throws an EmulatorFault for what is no fault. */
  add(asked: FaultAsked): Scripted
  list(): Scripted[]
  /** Takes one away, or all. Throws an EmulatorFault when there is no such one. */
  clear(id?: string): void
  /** The faults that strike now; each counts as one of its times. */
  take(subject: Subject, strikes: (fault: Fault) => boolean): Scripted[]
}

const NAMES = ['operation', 'client', 'dialect', 'grant_type'] as const

/** Opens an empty script; `known` lists the operations and dialects that there are. */
export function openFaults(known: { operations: string[]; dialects: string[] }): Faults {
  let script: Scripted[] = []
  let made = 0
  return {
    add(asked) {
      const { where = {}, times, fault, ...others } = asked as FaultAsked & object
      const [other] = Object.keys(others)
      if (other !== undefined) throw new EmulatorFault(`${other}: is no member of this`)
      checkWhere(where, known)
      if (times !== undefined && !(Number.isInteger(times) && times > 0)) {
        throw new EmulatorFault('times: must be a whole number from 1')
      }
      const read = readFault(fault)
      made++
      const added = { id: `f${made}`, where, ...(times && { times }), hits: 0, fault: read }
      script.push(added)
      return added
    },
    list: () => [...script],
    clear(id) {
      const rest = id === undefined ? [] : script.filter((one) => one.id !== id)
      if (id !== undefined && rest.length === script.length) {
        throw new EmulatorFault(`There is no fault ${id}.`, 404)
      }
      script = rest
    },
    take(subject, strikes) {
      const hit = script.filter(({ where, fault }) => isMeant(where, subject) && strikes(fault))
      for (const one of hit) {
        one.hits++
        if (one.times !== undefined) one.times--
      }
      script = script.filter(({ times }) => times !== 0)
      return hit
    },
  }
}

function isMeant(where: Where, subject: Subject): boolean {
  return NAMES.every((name) => where[name] === undefined || where[name] === subject[name])
}

// A fault at an operation that nobody calls would let a test pass that tests nothing.
function checkWhere(where: Where, known: { operations: string[]; dialects: string[] }): void {
  for (const [name, value] of Object.entries(where)) {
    if (!NAMES.includes(name as 'client') || typeof value !== 'string') {
      throw new EmulatorFault(`where.${name}: must be text, of ${NAMES.join(', ')}`)
    }
  }
  const check = (name: 'operation' | 'dialect', names: string[]): void => {
    const value = where[name]
    if (value === undefined || names.includes(value)) return
    throw new EmulatorFault(`where.${name}: must be one of ${names.join(', ')}`)
  }
  check('operation', known.operations)
  check('dialect', known.dialects)
}
