// What a database and a program must know of each other before the program may write.

/** Name and SQL of every migration in their order; a published one never changes. */
export type Migrations = readonly (readonly [name: string, sql: string])[]

/** The migrations that are still to be applied. Throws when the database is of a newer program. */
export function missing(migrations: Migrations, applied: readonly string[]): Migrations {
  const unknown = applied.find((name, at) => migrations[at]?.[0] !== name)
  if (unknown !== undefined) {
    throw new Error(
      `The database has the migration "${unknown}", which this version of Patois does not know: start the version that made it, or a newer one.`,
    )
  }
  return migrations.slice(applied.length)
}
