// The kinds of scripted faults: a table that their check and their description are read from.

import { type ErrorCode, REASONS, type Reason } from '@patois/core'
import { EmulatorFault } from './fault.ts'

/** What goes wrong. `after`: only once the server has done what it was asked. */
export type Fault =
  | { kind: 'refuse'; reason?: Reason; error?: ErrorCode; retry_after?: number; after?: boolean }
  | { kind: 'answer'; status: number; body?: unknown; headers?: Headers; after?: boolean }
  | { kind: 'delay'; ms: number; after?: boolean }
  | { kind: 'drop'; after?: boolean }
  | { kind: 'body'; as: 'truncated' | 'malformed' | 'empty' | 'html' }
  | { kind: 'headers'; set: Headers }
  | { kind: 'members'; set?: Members; drop?: readonly string[] }
  | {
      kind: 'token'
      token: 'access_token' | 'id_token'
      set?: Members
      drop?: readonly string[]
      signature?: 'wrong' | 'none' | 'other_key'
      expired?: boolean
    }
  | { kind: 'keys'; as: 'other' | 'none' }
  | { kind: 'skew'; seconds: number }

/** The name of a kind. */
export type FaultKind = Fault['kind']

type Headers = Readonly<Record<string, string>>
type Members = Readonly<Record<string, unknown>>

/** A JSON Schema of one member, of the few that are needed here. */
type MemberSchema = {
  type?: 'string' | 'integer' | 'boolean' | 'object' | 'array'
  enum?: readonly string[]
  description?: string
}

/** What a kind means, and its members; those in `needs` must be there. */
type KindRow = { says: string; members: Record<string, MemberSchema>; needs?: readonly string[] }

const AFTER = { type: 'boolean', description: 'Only once the server has done its part.' } as const
const CODES = [...new Set(Object.values(REASONS).map(({ code }) => code))]
const DROP = { type: 'array', description: 'Names of members that are left out.' } as const

/** Every kind of fault. */
export const FAULT_KINDS = {
  refuse: {
    says: "A refusal in the dialect's own words: for a reason of the server, or with a code.",
    members: {
      reason: { enum: Object.keys(REASONS) },
      error: { enum: CODES },
      retry_after: { type: 'integer', description: 'Seconds.' },
      after: AFTER,
    },
  },
  answer: {
    says: 'Any answer: text as it is, everything else as JSON.',
    members: {
      status: { type: 'integer' },
      body: {},
      headers: { type: 'object' },
      after: AFTER,
    },
    needs: ['status'],
  },
  delay: {
    says: 'A pause.',
    members: { ms: { type: 'integer', description: 'Milliseconds.' }, after: AFTER },
    needs: ['ms'],
  },
  drop: {
    says: 'The connection is closed without an answer; after: the answer is lost.',
    members: { after: AFTER },
  },
  body: {
    says: 'A body that cannot be read.',
    members: { as: { enum: ['truncated', 'malformed', 'empty', 'html'] } },
    needs: ['as'],
  },
  headers: {
    says: 'Headers that the answer has besides, or instead.',
    members: { set: { type: 'object' } },
    needs: ['set'],
  },
  members: {
    says: "Members of the answer, by the dialect's names or ours, that are missing or others.",
    members: { set: { type: 'object' }, drop: DROP },
  },
  token: {
    says: 'A token with other claims, a wrong signature, or past its end.',
    members: {
      token: { enum: ['access_token', 'id_token'] },
      set: { type: 'object' },
      drop: DROP,
      signature: { enum: ['wrong', 'none', 'other_key'] },
      expired: { type: 'boolean' },
    },
    needs: ['token'],
  },
  keys: {
    says: 'A key set with other keys under the same names, or with none.',
    members: { as: { enum: ['other', 'none'] } },
    needs: ['as'],
  },
  skew: {
    says: "An answer as from a server whose clock is off: its Date, its tokens' times.",
    members: { seconds: { type: 'integer' } },
    needs: ['seconds'],
  },
} as const satisfies Record<FaultKind, KindRow>

/** A fault as somebody wrote it. Throws an EmulatorFault for what is none. */
export function readFault(raw: unknown): Fault {
  if (!isMembers(raw)) throw new EmulatorFault('fault: must be an object with a kind')
  const { kind, ...members } = raw
  if (typeof kind !== 'string' || !Object.hasOwn(FAULT_KINDS, kind)) {
    throw new EmulatorFault(`fault.kind: must be one of ${Object.keys(FAULT_KINDS).join(', ')}`)
  }
  const row: KindRow = FAULT_KINDS[kind as FaultKind]
  const missing = row.needs?.find((name) => members[name] === undefined)
  if (missing) throw new EmulatorFault(`fault.${missing}: is needed for ${kind}`)
  for (const [name, value] of Object.entries(members)) checkMember(row, name, value)
  return raw as Fault
}

function checkMember(row: KindRow, name: string, value: unknown): void {
  const schema = Object.hasOwn(row.members, name) ? row.members[name] : undefined
  if (!schema) {
    const known = Object.keys(row.members).join(', ')
    throw new EmulatorFault(`fault.${name}: is no member of this kind, which has ${known}`)
  }
  if (schema.enum && !schema.enum.includes(String(value))) {
    throw new EmulatorFault(`fault.${name}: must be one of ${schema.enum.join(', ')}`)
  }
  if (schema.type && !isOf(schema.type, value)) {
    throw new EmulatorFault(`fault.${name}: must be of type ${schema.type}`)
  }
}

function isOf(type: NonNullable<MemberSchema['type']>, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value) && value.every((one) => typeof one === 'string')
  if (type === 'object') return isMembers(value)
  return typeof value === type
}

function isMembers(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
