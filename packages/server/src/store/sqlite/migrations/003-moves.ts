// Moves: how far a database has got that is being filled from another one.

/** A row for each table until the move is over; no server opens the database as long as one stands here. */
export const moves = `
CREATE TABLE moves (
  issuer INTEGER NOT NULL,
  name TEXT NOT NULL,
  place TEXT NOT NULL,
  after_key TEXT,
  PRIMARY KEY (issuer, name)
) STRICT, WITHOUT ROWID;
`
