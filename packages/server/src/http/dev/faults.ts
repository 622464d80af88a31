// Faults: the emulator's script over HTTP.

import { FAULT_KINDS } from '../../emulator/fault-kinds.ts'
import type { FaultAsked } from '../../emulator/faults.ts'
import type { DevRoute, Schema } from './route.ts'

const WHERE: Schema = {
  type: 'object',
  description: 'Which requests are hit; what is left out, any.',
  properties: {
    operation: { type: 'string', description: 'In our words: token, authorize, revoke, jwks, …' },
    client: { type: 'string' },
    dialect: { type: 'string' },
    grant_type: { type: 'string' },
  },
}

const FAULT: Schema = {
  oneOf: Object.entries(FAULT_KINDS).map(([kind, { says, members, ...row }]) => ({
    type: 'object',
    description: says,
    properties: { kind: { const: kind }, ...members },
    required: ['kind', ...('needs' in row ? row.needs : [])],
  })),
}

const ASKED: Schema = {
  where: WHERE,
  times: { type: 'integer', description: 'For so many requests; else until it is cleared.' },
  fault: FAULT,
}

const SCRIPTED: Schema = { id: { type: 'string' }, hits: { type: 'integer' }, ...ASKED }

/** Scripting faults, and clearing them. */
export const faultRoutes: readonly DevRoute[] = [
  {
    method: 'GET',
    path: '/faults',
    says: 'The faults that wait for requests',
    answers: { faults: { type: 'array', items: { type: 'object', properties: SCRIPTED } } },
    handle: ({ emulator }) => ({ faults: emulator.faults.list() }),
  },
  {
    method: 'POST',
    path: '/faults',
    says: 'Script a fault for the next requests',
    takes: ASKED,
    answers: SCRIPTED,
    handle: ({ emulator }, { body }) => emulator.faults.add(body as FaultAsked),
  },
  {
    method: 'DELETE',
    path: '/faults',
    says: 'Clear every fault',
    answers: {},
    handle: ({ emulator }) => {
      emulator.faults.clear()
      return {}
    },
  },
  {
    method: 'DELETE',
    path: '/faults/{id}',
    says: 'Clear one fault',
    answers: {},
    handle: ({ emulator }, { params }) => {
      emulator.faults.clear(params.id)
      return {}
    },
  },
]
