// Replay: the sealed answer of a rotation, which only the token that was spent for it can open.

import type { ClientCall } from './call.ts'
import type { TokenFacts } from './oauth.ts'
import type { Parts } from './parts.ts'
import type { Family, RefreshToken } from './records.ts'
import { Refusal } from './refusal.ts'

const LABEL = 'patois refresh replay'

type Row = { childId: number; familyId: number }
type Cell = { asked: string; facts: TokenFacts }

// The lookup hash lies in the database, so it must never open the cell: the whole token does, with a
// label and all that the cell is bound to. Of a secret with 192 random bits one digest is as good a
// key as what HKDF makes of it, and comes 3 µs sooner.
function keyOf({ crypto }: Parts, { fields, client }: ClientCall, { childId, familyId }: Row) {
  const of = [LABEL, childId, familyId, client.id, fields.refresh_token]
  return crypto.sha256(JSON.stringify(of))
}

function askedBy({ fields, dialect }: ClientCall): string {
  return JSON.stringify([dialect.name, fields.scope?.toSorted(), fields.resource?.toSorted()])
}

/** Seals a rotation's answer with the token that was spent for it. */
export function sealAnswer(
  parts: Parts,
  call: ClientCall,
  row: Row,
  facts: TokenFacts,
): Uint8Array {
  const cell: Cell = { asked: askedBy(call), facts }
  return parts.crypto.seal(keyOf(parts, call, row), JSON.stringify(cell))
}

/**
 * The answer that the spent token was given. Throws a Refusal, which ends nothing, when the
 * request differs from the one that was answered or the cell is gone.
 */
export function repeatAnswer(
  parts: Parts,
  call: ClientCall,
  child: RefreshToken,
  family: Family,
): TokenFacts {
  if (!child.cell) throw new Refusal('refresh_raced')
  const key = keyOf(parts, call, { childId: child.id, familyId: family.id })
  const plain = parts.crypto.open(key, child.cell)
  if (plain === undefined) throw new Refusal('refresh_raced')
  const cell = JSON.parse(plain) as Cell
  if (cell.asked !== askedBy(call)) throw new Refusal('refresh_differs')
  return cell.facts
}
