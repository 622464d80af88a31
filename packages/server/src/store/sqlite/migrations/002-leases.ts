// Leases: who does for a while what only one may do at a time.

/** A lease is whoever's name stands in its row, until it expires. */
export const leases = `
CREATE TABLE leases (
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  name TEXT NOT NULL,
  holder TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, name)
) STRICT, WITHOUT ROWID;
`
