// The first tables of the PostgreSQL store.

/**
 * The tables of the SQLite store without what only one server can lean on: ids come from `newId`
 * and from no sequence of the database, rows refer to others without locking them, and the oldest
 * access token is found by its time, as many servers give out ids side by side.
 */
export const first = `
CREATE TABLE issuers (
  id BIGINT PRIMARY KEY,
  url TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('dev', 'production'))
);

CREATE TABLE sequence (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  next BIGINT NOT NULL
);
INSERT INTO sequence (id, next) VALUES (1, 1);

CREATE TABLE receipts (
  id BIGINT PRIMARY KEY,
  latest BIGINT NOT NULL
);

CREATE TABLE clients (
  issuer BIGINT NOT NULL,
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
  require_pkce BIGINT NOT NULL,
  legacy_public BIGINT NOT NULL,
  consent TEXT NOT NULL,
  access_token TEXT NOT NULL,
  id_token_alg TEXT NOT NULL,
  about TEXT NOT NULL,
  introspects TEXT NOT NULL,
  disabled_at BIGINT,
  tokens_from BIGINT NOT NULL,
  PRIMARY KEY (issuer, id)
);

CREATE TABLE users (
  id BIGINT PRIMARY KEY,
  issuer BIGINT NOT NULL,
  sub TEXT NOT NULL,
  username TEXT NOT NULL,
  owner TEXT NOT NULL,
  password_hash TEXT,
  claims TEXT NOT NULL,
  disabled_at BIGINT,
  tokens_from BIGINT NOT NULL
);

CREATE TABLE usernames (
  issuer BIGINT NOT NULL,
  username TEXT NOT NULL,
  user_id BIGINT NOT NULL,
  PRIMARY KEY (issuer, username)
);

CREATE TABLE sessions (
  id BIGINT PRIMARY KEY,
  issuer BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  sid TEXT NOT NULL,
  user_id BIGINT NOT NULL,
  authenticated_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX sessions_over ON sessions (coalesce(ended_at, expires_at));

CREATE TABLE grants (
  id BIGINT PRIMARY KEY,
  issuer BIGINT NOT NULL,
  origin TEXT NOT NULL,
  user_id BIGINT NOT NULL,
  client_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  resources TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  address TEXT,
  user_agent TEXT,
  ended_at BIGINT,
  end_reason TEXT
);
CREATE INDEX grants_of_user ON grants (user_id, client_id);
CREATE INDEX grants_addresses ON grants (created_at)
  WHERE address IS NOT NULL OR user_agent IS NOT NULL;
CREATE INDEX grants_ended ON grants (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE families (
  id BIGINT PRIMARY KEY,
  issuer BIGINT NOT NULL,
  grant_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  client_id TEXT NOT NULL,
  session_id BIGINT,
  dialect TEXT NOT NULL,
  scope TEXT NOT NULL,
  resources TEXT NOT NULL,
  claims TEXT,
  authenticated_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  end_reason TEXT
);
CREATE INDEX families_of_grant ON families (grant_id);
CREATE INDEX families_of_session ON families (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX families_expiry ON families (expires_at);

CREATE TABLE codes (
  id BIGINT PRIMARY KEY,
  issuer BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  grant_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  client_id TEXT NOT NULL,
  session_id BIGINT,
  dialect TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  redirect_sent BIGINT NOT NULL,
  challenge TEXT,
  state TEXT,
  nonce TEXT,
  claims TEXT,
  scope TEXT NOT NULL,
  resources TEXT NOT NULL,
  authenticated_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  wrong_verifiers BIGINT NOT NULL,
  spent_at BIGINT,
  family_id BIGINT,
  keep_until BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX codes_of_session ON codes (session_id) WHERE spent_at IS NULL;
CREATE INDEX codes_due ON codes (greatest(keep_until, expires_at + 3600));

CREATE TABLE code_slots (
  issuer BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  client_id TEXT NOT NULL,
  code_id BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, user_id, client_id)
);
CREATE INDEX code_slots_expiry ON code_slots (expires_at);

CREATE TABLE refresh_tokens (
  id BIGINT PRIMARY KEY,
  issuer BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  family_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  spent_at BIGINT,
  child_id BIGINT
);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

CREATE TABLE replay_cells (
  id BIGINT PRIMARY KEY,
  issuer BIGINT NOT NULL,
  family_id BIGINT NOT NULL,
  cell BYTEA NOT NULL,
  cell_until BIGINT NOT NULL
);
CREATE INDEX replay_cells_of_family ON replay_cells (family_id, cell_until, issuer);

CREATE TABLE access_tokens (
  id BIGINT PRIMARY KEY,
  issuer BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  client_id TEXT NOT NULL,
  family_id BIGINT,
  scope TEXT NOT NULL,
  audience TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  kept_until BIGINT NOT NULL,
  revoked_at BIGINT
);
CREATE INDEX access_tokens_kept ON access_tokens (kept_until);
CREATE INDEX access_tokens_made ON access_tokens (created_at);

CREATE TABLE assertions (
  issuer BIGINT NOT NULL,
  client_id TEXT NOT NULL,
  jti_hash BYTEA NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, client_id, jti_hash)
);
CREATE INDEX assertions_expiry ON assertions (expires_at);

CREATE TABLE ended_jwts (
  issuer BIGINT NOT NULL,
  jti_hash BYTEA NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, jti_hash)
);
CREATE INDEX ended_jwts_expiry ON ended_jwts (expires_at);

CREATE TABLE keys (
  issuer BIGINT NOT NULL,
  kid TEXT NOT NULL,
  kind TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  signs_from BIGINT NOT NULL,
  PRIMARY KEY (issuer, kid)
);

CREATE TABLE secrets (
  issuer BIGINT NOT NULL,
  name TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  PRIMARY KEY (issuer, name)
);

CREATE TABLE leases (
  issuer BIGINT NOT NULL,
  name TEXT NOT NULL,
  holder TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, name)
);

CREATE TABLE failures (
  issuer BIGINT NOT NULL,
  name TEXT NOT NULL,
  empty_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, name)
);
CREATE INDEX failures_over ON failures (empty_at);

CREATE TABLE events (
  id BIGINT PRIMARY KEY,
  issuer BIGINT NOT NULL,
  at BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  type TEXT NOT NULL,
  decision TEXT NOT NULL,
  reason TEXT NOT NULL,
  dialect TEXT,
  operation TEXT,
  client_id TEXT,
  user_id BIGINT,
  grant_id BIGINT,
  family_id BIGINT
);
CREATE INDEX events_at ON events (at, id);
`
