// The first tables of the SQLite store.

/**
 * Integer keys come from `newId` and are the rowid, so that rows of one moment lie together. A
 * replay cell has a table of its own: taken out of its token's row later, it would leave a hole
 * that no later row fills.
 */
export const first = `
CREATE TABLE issuers (
  id INTEGER PRIMARY KEY,
  url TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('dev', 'production'))
) STRICT;

CREATE TABLE sequence (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  next INTEGER NOT NULL
) STRICT;
INSERT INTO sequence (id, next) VALUES (1, 1);

CREATE TABLE clients (
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  proof TEXT NOT NULL,
  redirect_uris TEXT NOT NULL,
  post_logout_redirect_uris TEXT NOT NULL,
  origins TEXT NOT NULL,
  grant_types TEXT NOT NULL,
  scope TEXT NOT NULL,
  dialects TEXT NOT NULL,
  require_pkce INTEGER NOT NULL,
  legacy_public INTEGER NOT NULL,
  consent TEXT NOT NULL,
  access_token TEXT NOT NULL,
  id_token_alg TEXT NOT NULL,
  about TEXT NOT NULL,
  introspects TEXT NOT NULL,
  disabled_at INTEGER,
  tokens_from INTEGER NOT NULL,
  PRIMARY KEY (issuer, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  sub TEXT NOT NULL,
  username TEXT NOT NULL,
  owner TEXT NOT NULL,
  password_hash TEXT,
  claims TEXT NOT NULL,
  disabled_at INTEGER,
  tokens_from INTEGER NOT NULL
) STRICT;

CREATE TABLE usernames (
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  username TEXT NOT NULL,
  user_id INTEGER NOT NULL REFERENCES users (id),
  PRIMARY KEY (issuer, username)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  id INTEGER PRIMARY KEY,
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  hash BLOB NOT NULL,
  sid TEXT NOT NULL,
  user_id INTEGER NOT NULL REFERENCES users (id),
  authenticated_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX sessions_over ON sessions (coalesce(ended_at, expires_at));

CREATE TABLE grants (
  id INTEGER PRIMARY KEY,
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  origin TEXT NOT NULL,
  user_id INTEGER NOT NULL REFERENCES users (id),
  client_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  resources TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  address TEXT,
  user_agent TEXT,
  ended_at INTEGER,
  end_reason TEXT
) STRICT;
CREATE INDEX grants_of_user ON grants (user_id, client_id);
CREATE INDEX grants_addresses ON grants (created_at)
  WHERE address IS NOT NULL OR user_agent IS NOT NULL;
CREATE INDEX grants_ended ON grants (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE families (
  id INTEGER PRIMARY KEY,
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  grant_id INTEGER NOT NULL REFERENCES grants (id),
  user_id INTEGER NOT NULL REFERENCES users (id),
  client_id TEXT NOT NULL,
  session_id INTEGER,
  dialect TEXT NOT NULL,
  scope TEXT NOT NULL,
  resources TEXT NOT NULL,
  claims TEXT,
  authenticated_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  end_reason TEXT
) STRICT;
CREATE INDEX families_of_grant ON families (grant_id);
CREATE INDEX families_of_session ON families (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX families_expiry ON families (expires_at);

CREATE TABLE codes (
  id INTEGER PRIMARY KEY,
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  hash BLOB NOT NULL,
  grant_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  client_id TEXT NOT NULL,
  session_id INTEGER,
  dialect TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  redirect_sent INTEGER NOT NULL,
  challenge TEXT,
  state TEXT,
  nonce TEXT,
  claims TEXT,
  scope TEXT NOT NULL,
  resources TEXT NOT NULL,
  authenticated_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  wrong_verifiers INTEGER NOT NULL,
  spent_at INTEGER,
  family_id INTEGER,
  keep_until INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX codes_of_session ON codes (session_id) WHERE spent_at IS NULL;
CREATE INDEX codes_due ON codes (max(keep_until, expires_at + 3600));

CREATE TABLE code_slots (
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  user_id INTEGER NOT NULL,
  client_id TEXT NOT NULL,
  code_id INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, user_id, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX code_slots_expiry ON code_slots (expires_at);

CREATE TABLE refresh_tokens (
  id INTEGER PRIMARY KEY,
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  hash BLOB NOT NULL,
  family_id INTEGER NOT NULL REFERENCES families (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  spent_at INTEGER,
  child_id INTEGER
) STRICT;
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

CREATE TABLE replay_cells (
  id INTEGER PRIMARY KEY,
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  family_id INTEGER NOT NULL,
  cell BLOB NOT NULL,
  cell_until INTEGER NOT NULL
) STRICT;
CREATE INDEX replay_cells_of_family ON replay_cells (family_id, cell_until, issuer);

CREATE TABLE access_tokens (
  id INTEGER PRIMARY KEY,
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  hash BLOB NOT NULL,
  client_id TEXT NOT NULL,
  family_id INTEGER REFERENCES families (id),
  scope TEXT NOT NULL,
  audience TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  kept_until INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;
CREATE INDEX access_tokens_kept ON access_tokens (kept_until);

CREATE TABLE assertions (
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  client_id TEXT NOT NULL,
  jti_hash BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, client_id, jti_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX assertions_expiry ON assertions (expires_at);

CREATE TABLE ended_jwts (
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  jti_hash BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, jti_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_jwts_expiry ON ended_jwts (expires_at);

CREATE TABLE keys (
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  kid TEXT NOT NULL,
  kind TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  signs_from INTEGER NOT NULL,
  PRIMARY KEY (issuer, kid)
) STRICT, WITHOUT ROWID;

CREATE TABLE secrets (
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  name TEXT NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (issuer, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  issuer INTEGER NOT NULL REFERENCES issuers (id),
  at INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  type TEXT NOT NULL,
  decision TEXT NOT NULL,
  reason TEXT NOT NULL,
  dialect TEXT,
  operation TEXT,
  client_id TEXT,
  user_id INTEGER,
  grant_id INTEGER,
  family_id INTEGER
) STRICT;
CREATE INDEX events_at ON events (at);
`
