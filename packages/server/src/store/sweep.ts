// What leaves the database, and when: bounded batches, time as an argument.

import type { Words } from './statements.ts'

const hour = 3600
const day = 24 * hour

// A value alone has the type of what it is compared with; one that is reckoned with must say it.
const now = 'CAST(:now AS BIGINT)'

function rowid(table: string, which: string): string {
  return `DELETE FROM ${table} WHERE id IN
    (SELECT id FROM ${table} WHERE issuer = :issuer AND ${which} LIMIT :limit)`
}

function keyed(table: string, key: string): string {
  return `DELETE FROM ${table} WHERE (issuer, ${key}) IN
    (SELECT issuer, ${key} FROM ${table} WHERE issuer = :issuer AND expires_at <= :now LIMIT :limit)`
}

function dueCodes({ greatest }: Words, family: string): string {
  return `SELECT c.id FROM codes c WHERE c.issuer = :issuer
    AND ${greatest}(c.keep_until, c.expires_at + ${hour}) <= :now AND ${family} (
      SELECT 1 FROM families f JOIN grants g ON g.id = f.grant_id
      WHERE f.id = c.family_id AND f.ended_at IS NULL AND g.ended_at IS NULL)
    LIMIT :limit`
}

const dueTokens = `SELECT id FROM refresh_tokens WHERE issuer = :issuer AND expires_at <= :now`
// The same ones as often as it is asked.
const dueInOrder = `(${dueTokens} ORDER BY expires_at, id LIMIT :limit)`

// Of a family whose last refresh token was not used in time nothing more comes: it ends then, a
// year early as a rule, and with it goes the code that opened it.
const idleFamilies = {
  end: `UPDATE families SET expires_at = :now WHERE expires_at > :now AND id IN
    (SELECT family_id FROM refresh_tokens WHERE id IN ${dueInOrder} AND spent_at IS NULL)`,
  remove: `DELETE FROM refresh_tokens WHERE id IN ${dueInOrder}`,
  // A token that another server spends at this very moment has an heir.
  atOnce: `WITH gone AS (DELETE FROM refresh_tokens
      WHERE id IN (${dueTokens} LIMIT :limit) RETURNING id, family_id, spent_at),
    idle AS (UPDATE families SET expires_at = :now WHERE expires_at > :now
      AND id IN (SELECT family_id FROM gone WHERE spent_at IS NULL))
    SELECT id FROM gone`,
}

// No refresh token outlives its family, and no access token is born after its end: a family
// that ended before the first of each has none left, which needs no index by family. JWTs have no
// rows: the last one is over when the longest of their lives is.
function familyIsEmpty({ greatest, least, firstAccessToken }: Words): string {
  return `expires_at < ${least}(${now} - ${greatest}(${day}, CAST(:jwt AS BIGINT)),
    coalesce((SELECT min(expires_at) FROM refresh_tokens), :now),
    coalesce(${firstAccessToken} - ${hour}, :now))`
}

/** Each kind of row with the rule by which it goes; what is not named here is never swept. */
function rules(words: Words): readonly (readonly [rule: string, sql: string])[] {
  return [
    ['a replay cell when its window is over', rowid('replay_cells', 'cell_until <= :now')],
    [
      'a code an hour after its expiry, but not while the family that it opened lives',
      `DELETE FROM codes WHERE id IN (${dueCodes(words, 'NOT EXISTS')})`,
    ],
    [
      'a refresh token, spent or not, at its own expiry',
      words.isShared ? idleFamilies.atOnce : idleFamilies.remove,
    ],
    [
      'an opaque access token when nobody need know any more that it expired',
      rowid('access_tokens', 'kept_until <= :now'),
    ],
    ['an ended JWT at its expiry', keyed('ended_jwts', 'jti_hash')],
    ['the place of an outstanding code at its expiry', keyed('code_slots', 'user_id, client_id')],
    ['a used assertion at its expiry', keyed('assertions', 'client_id, jti_hash')],
    [
      'a family a day after its end, when it has no tokens left',
      rowid('families', familyIsEmpty(words)),
    ],
    [
      'a session a day after it expired or ended',
      rowid('sessions', `coalesce(ended_at, expires_at) <= ${now} - ${day}`),
    ],
    [
      'an ended grant after 30 days, when it has no families left',
      rowid(
        'grants',
        `ended_at <= ${now} - ${30 * day}
          AND NOT EXISTS (SELECT 1 FROM families WHERE grant_id = grants.id)`,
      ),
    ],
  ]
}

/**
 * What a sweep runs in turn, with the values `issuer`, `now`, `limit`, and `jwt`: for how many
 * seconds a JWT is good. What is prepared counts no removed rows.
 */
export function sweepsIn(words: Words): { prepare: readonly string[]; remove: readonly string[] } {
  // Codes of live families are looked at once a week, so that no sweep walks over all of them.
  const keep = `UPDATE codes SET keep_until = ${now} + ${7 * day}
    WHERE id IN (${dueCodes(words, 'EXISTS')})`
  return {
    prepare: words.isShared ? [keep] : [keep, idleFamilies.end],
    remove: rules(words).map(([, sql]) => sql),
  }
}

/** What is kept for a time that the operator chose: values are `issuer`, `before` and `limit`. */
export const forgets = {
  events: rowid('events', 'at < :before'),
  addresses: `UPDATE grants SET address = NULL, user_agent = NULL WHERE id IN
    (SELECT id FROM grants WHERE issuer = :issuer AND created_at < :before
      AND (address IS NOT NULL OR user_agent IS NOT NULL) LIMIT :limit)`,
} as const
