// Replay: the sealed answer of a rotation, which only the token that was spent for it can open.

import type { ClientCall } from './call.ts'
import type { TokenFacts } from './oauth.ts'
import type { Parts } from './parts.ts'
import type { Family, RefreshToken } from './records.ts'
import { Refusal } from './refusal.ts'

const LABEL = 'patois refresh replay'

type Row = { childId: number; familyId: number }
type Cell = { asked: string; facts: TokenFacts }

// The lookup hash lies in the database, so it must never open the cell: the whole token does.
function keyOf(parts: Parts, call: ClientCall) {
  return parts.crypto.derive(call.fields.refresh_token ?? '', LABEL)
}

function boundTo(call: ClientCall, { childId, familyId }: Row): string {
  return JSON.stringify([childId, familyId, call.client.id])
}

function askedBy({ fields, dialect }: ClientCall): string {
  return JSON.stringify([dialect.name, fields.scope?.toSorted(), fields.resource?.toSorted()])
}

/** Seals a rotation's answer with the token that was spent for it. */
export async function sealAnswer(
  parts: Parts,
  call: ClientCall,
  row: Row,
  facts: TokenFacts,
): Promise<Uint8Array> {
  const cell: Cell = { asked: askedBy(call), facts }
  return parts.crypto.seal(await keyOf(parts, call), JSON.stringify(cell), boundTo(call, row))
}

/**
 * The answer that the spent token was given. Throws a Refusal, which ends nothing, when the
 * request differs from the one that was answered or the cell is gone.
 */
export async function repeatAnswer(
  parts: Parts,
  call: ClientCall,
  child: RefreshToken,
  family: Family,
): Promise<TokenFacts> {
  if (!child.cell) throw new Refusal('refresh_raced')
  const bound = boundTo(call, { childId: child.id, familyId: family.id })
  const plain = await parts.crypto.open(await keyOf(parts, call), child.cell, bound)
  if (plain === undefined) throw new Refusal('refresh_raced')
  const cell = JSON.parse(plain) as Cell
  if (cell.asked !== askedBy(call)) throw new Refusal('refresh_differs')
  return cell.facts
}
