// Lineage: which of our codes, tokens and sessions stand in a text, and what they came from.

import { type Parts, readHandle, readSecret, type SecretKind } from '@patois/core'
import type { LineageItem } from './journal.ts'

const OURS = /\b(?:test_)?p[acr]_[\w-]{43}/g
const JWT = /\beyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]+/g

const KINDS: Readonly<Record<string, SecretKind>> = {
  pa_: 'access_token',
  pc_: 'code',
  pr_: 'refresh_token',
}

/** What of ours was sent, and what was answered for it, each once. */
export async function lineageOf(
  parts: Parts,
  sent: string,
  answered: string,
): Promise<LineageItem[]> {
  const before = await itemsIn(parts, sent)
  const parent = before.find(({ kind }) => kind === 'refresh_token' || kind === 'code')?.id
  const known = before.map(({ id }) => id)
  const after = (await itemsIn(parts, answered)).filter(({ id }) => !known.includes(id))
  return [...before, ...after.map((item) => ({ ...item, ...(parent && { parent }) }))]
}

async function itemsIn(parts: Parts, text: string): Promise<LineageItem[]> {
  const opaque = [...new Set(text.match(OURS) ?? [])].map((one) => opaqueItem(parts, one))
  const signed = [...text.matchAll(JWT)].map(([, claims = '']) => jwtItem(parts, claims))
  const items = await Promise.all([...opaque, ...signed])
  return items.filter((item) => item !== undefined)
}

async function opaqueItem(parts: Parts, text: string): Promise<LineageItem | undefined> {
  const kind = KINDS[text.replace('test_', '').slice(0, 3)]
  const read = kind && readSecret(parts, kind, text)
  if (!kind || !read) return undefined
  const { id } = read
  if (kind === 'code') {
    const found = await parts.store.findCode(id)
    const family = found?.code.familyId
    return found && { kind, id, grant: found.grant.id, ...(family !== undefined && { family }) }
  }
  if (kind === 'refresh_token') {
    const found = await parts.store.findRefreshToken(id)
    return found && { kind, id, grant: found.grant.id, family: found.family.id }
  }
  const found = await parts.store.findAccessToken(id)
  const { family, grant } = found?.lineage ?? {}
  return found && { kind, id, ...(family && grant && { grant: grant.id, family: family.id }) }
}

// The family's id is the front of the jti, and the client's own tokens have none.
async function jwtItem(parts: Parts, encoded: string): Promise<LineageItem | undefined> {
  try {
    const { jti } = JSON.parse(Buffer.from(encoded, 'base64url').toString()) as { jti?: string }
    const id = jti === undefined ? undefined : readHandle(parts, jti)
    const found = id ? await parts.store.findFamily(id) : undefined
    if (!found) return undefined
    const { grant, family } = found
    return { kind: 'access_token', id: family.id, grant: grant.id, family: family.id }
  } catch {
    return undefined
  }
}
