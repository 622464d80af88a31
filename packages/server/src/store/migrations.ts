// What a database and a program must know of each other before the program may write.

/**
 * Name and SQL of every migration in their order; a published one never changes. `needs` is how
 * many of them a program must know to run beside it: 1 where it only adds what older ones overlook.
 */
export type Migrations = readonly (readonly [name: string, sql: string, needs?: number])[]

/**
 * The migrations that are still to be applied. Throws when the database is of a newer program, and
 * needs more than this one knows: by default all that were applied.
 */
export function missing(
  migrations: Migrations,
  applied: readonly string[],
  needs = applied.length,
): Migrations {
  const { length } = migrations
  const unknown = applied.find((name, at) =>
    at < length ? migrations[at]?.[0] !== name : needs > length,
  )
  if (unknown !== undefined) {
    throw new Error(
      `The database has the migration "${unknown}", which this version of Patois does not know: start the version that made it, or a newer one.`,
    )
  }
  return migrations.slice(applied.length)
}
