-- Ids are the 16 bytes of a UUID version 7, so their order is the order of making.
-- Instants are milliseconds since the Unix epoch, money is micro-dollars, days are
-- days since the epoch, digests are SHA-256. Words are those of the code.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE organizations (
    id                  BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    state               TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    plan                TEXT NOT NULL CHECK (plan IN ('pay_as_you_go', 'business', 'enterprise')),
    subscription_status TEXT NOT NULL CHECK (subscription_status IN ('active', 'past_due', 'canceled')),
    current_period_end  INTEGER,
    name                TEXT NOT NULL,
    created_at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id              BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    email           TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    role            TEXT NOT NULL CHECK (role IN ('member', 'admin', 'superadmin')),
    created_at      INTEGER NOT NULL,
    -- A PHC string; absent until an invitation was taken.
    password_hash   TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX users_of_organization ON users (organization_id, id);
CREATE INDEX users_by_role ON users (role, organization_id);

CREATE TABLE invitations (
    token_digest BLOB PRIMARY KEY NOT NULL CHECK (length(token_digest) = 32),
    user_id      BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX invitations_of_user ON invitations (user_id);
CREATE INDEX invitations_by_expires_at ON invitations (expires_at);

CREATE TABLE sessions (
    token_digest BLOB PRIMARY KEY NOT NULL CHECK (length(token_digest) = 32),
    user_id      BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_created_at ON sessions (created_at);
CREATE INDEX sessions_by_last_seen_at ON sessions (last_seen_at);

CREATE TABLE sign_in_failures (
    subject TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_in_failures_of_subject ON sign_in_failures (subject, at);
CREATE INDEX sign_in_failures_by_at ON sign_in_failures (at);

CREATE TABLE apps (
    id              BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    name            TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    -- A deleted app stays for the sake of its ledger.
    deleted_at      INTEGER,
    UNIQUE (organization_id, id)
) STRICT, WITHOUT ROWID;

-- What decides comes first, so that loading it need not read past it.
CREATE TABLE keys (
    id              BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    digest          BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    kind            TEXT NOT NULL CHECK (kind IN ('organization', 'app')),
    permissions     TEXT,
    app_id          BLOB,
    service         TEXT,
    environment     TEXT NOT NULL CHECK (environment IN ('development', 'staging', 'production')),
    state           TEXT NOT NULL CHECK (state IN ('active', 'retiring', 'suspended', 'revoked')),
    rotated_at      INTEGER,
    retires_at      INTEGER,
    suspended_at    INTEGER,
    revoked_at      INTEGER,
    revoked_by      TEXT,
    expires_at      INTEGER,
    -- Networks, separated by commas; absent is any address.
    ip_allowlist    TEXT CHECK (ip_allowlist <> ''),
    per_minute      INTEGER CHECK (per_minute > 0),
    per_day         INTEGER CHECK (per_day > 0),
    name            TEXT NOT NULL,
    prefix          TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    created_by      TEXT NOT NULL,
    rotated_from    BLOB REFERENCES keys (id),
    rotated_to      BLOB REFERENCES keys (id),
    last_used_at    INTEGER,
    -- An app key belongs to its app's organization.
    FOREIGN KEY (organization_id, app_id) REFERENCES apps (organization_id, id),
    CHECK ((kind = 'organization') = (permissions IS NOT NULL)),
    CHECK ((kind = 'app') = (app_id IS NOT NULL)),
    CHECK ((kind = 'app') = (service IS NOT NULL)),
    CHECK ((state = 'revoked') = (revoked_at IS NOT NULL)),
    CHECK ((state = 'revoked') = (revoked_by IS NOT NULL)),
    CHECK ((state = 'suspended') = (suspended_at IS NOT NULL)),
    CHECK ((rotated_at IS NULL) = (retires_at IS NULL)),
    CHECK (state <> 'retiring' OR retires_at IS NOT NULL),
    CHECK (state NOT IN ('active', 'revoked') OR retires_at IS NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX keys_of_organization ON keys (organization_id, id);
CREATE INDEX keys_of_app ON keys (app_id, id) WHERE app_id IS NOT NULL;

CREATE TABLE transactions (
    app_id      BLOB NOT NULL REFERENCES apps (id),
    -- 1, 2, 3 … for each app: the order in which the balance ran.
    position    INTEGER NOT NULL CHECK (position > 0),
    id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    type        TEXT NOT NULL CHECK (type IN ('purchase', 'topup', 'usage', 'adjustment')),
    amount      INTEGER NOT NULL,
    balance     INTEGER NOT NULL,
    request_id  TEXT,
    description TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (app_id, position)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX transactions_by_request ON transactions (app_id, request_id)
    WHERE request_id IS NOT NULL;

CREATE TABLE idempotency_keys (
    actor       TEXT NOT NULL,
    route       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    record_id   TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (actor, route, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_created_at ON idempotency_keys (created_at);

CREATE TABLE usage (
    key_id  BLOB NOT NULL REFERENCES keys (id),
    day     INTEGER NOT NULL,
    allowed INTEGER NOT NULL CHECK (allowed >= 0),
    denied  INTEGER NOT NULL CHECK (denied >= 0),
    PRIMARY KEY (key_id, day)
) STRICT, WITHOUT ROWID;
