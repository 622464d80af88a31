// What the floor hands out before it is measured.

import {
  CHALLENGE,
  type GivenClient,
  JWT,
  LIFETIMES,
  OPAQUE,
  REDIRECT_URI,
  SCOPE,
  type SeedSizes,
  type Seeds,
} from '../given.ts'
import type { openTables, Write } from './tables.ts'
import { mintSecret } from './tokens.ts'

type Tables = ReturnType<typeof openTables>

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

/** Writes the seeds and answers them. */
export function seed(tables: Tables, issuer: string, { families, codes }: SeedSizes): Seeds {
  const now = Math.floor(Date.now() / 1000)
  const until = now + LIFETIMES.refresh
  const writes: Write[] = []

  const family = (client: GivenClient, scope: string): number => {
    const id = tables.newId()
    writes.push(['putFamily', id, client.id, scope, now, now, until])
    return id
  }
  const refresh = (client: GivenClient) => (): string => {
    const id = tables.newId()
    const { secret, hash } = mintSecret('fr_', id)
    writes.push(['putRefresh', id, hash, family(client, SCOPE.tokens), now, until])
    return secret
  }
  const access = (): string => {
    const id = tables.newId()
    const { secret, hash } = mintSecret('fa_', id)
    const of = family(OPAQUE, SCOPE.codes)
    const audience = JSON.stringify([issuer])
    writes.push(['putAccess', id, hash, OPAQUE.id, of, SCOPE.codes, audience, now, until, until])
    return secret
  }
  const code = (): string => {
    const id = tables.newId()
    const { secret, hash } = mintSecret('fc_', id)
    const bound = [OPAQUE.id, REDIRECT_URI, CHALLENGE, SCOPE.codes] as const
    writes.push(['putCode', id, hash, ...bound, now, until])
    return secret
  }

  const seeds = {
    refreshOpaque: times(families, refresh(OPAQUE)),
    refreshJwt: times(families, refresh(JWT)),
    access: times(families, access),
    codes: times(codes, code),
  }
  tables.write([writes])
  return seeds
}
