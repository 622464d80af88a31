// Revisions: of which configuration the clients and users are.

/** The greatest that any server was started with. */
export const revisions = `
CREATE TABLE revisions (
  issuer BIGINT PRIMARY KEY,
  revision BIGINT NOT NULL
);
`
