// Revisions: of which configuration the clients and users are.

/** The greatest that any server was started with. */
export const revisions = `
CREATE TABLE revisions (
  issuer INTEGER PRIMARY KEY,
  revision INTEGER NOT NULL
) STRICT;
`
