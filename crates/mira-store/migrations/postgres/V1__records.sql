-- Ids are the 16 bytes of a UUID version 7, so their order is the order of making.
-- Instants are milliseconds since the Unix epoch, money is micro-dollars, days are
-- days since the epoch, digests are SHA-256. Words are those of the code.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

CREATE TABLE organizations (
    id                  BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(id) = 16),
    state               TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    plan                TEXT NOT NULL CHECK (plan IN ('pay_as_you_go', 'business', 'enterprise')),
    subscription_status TEXT NOT NULL CHECK (subscription_status IN ('active', 'past_due', 'canceled')),
    current_period_end  BIGINT,
    name                TEXT NOT NULL,
    created_at          BIGINT NOT NULL
);

CREATE TABLE users (
    id              BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(id) = 16),
    organization_id BYTEA NOT NULL REFERENCES organizations (id),
    email           TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    role            TEXT NOT NULL CHECK (role IN ('member', 'admin', 'superadmin')),
    created_at      BIGINT NOT NULL,
    -- A PHC string; absent until an invitation was taken.
    password_hash   TEXT
);

CREATE INDEX users_of_organization ON users (organization_id, id);
CREATE INDEX users_by_role ON users (role, organization_id);

CREATE TABLE invitations (
    token_digest BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(token_digest) = 32),
    user_id      BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at   BIGINT NOT NULL
);

CREATE INDEX invitations_of_user ON invitations (user_id);
CREATE INDEX invitations_by_expires_at ON invitations (expires_at);

CREATE TABLE sessions (
    token_digest BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(token_digest) = 32),
    user_id      BYTEA NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL
);

CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_created_at ON sessions (created_at);
CREATE INDEX sessions_by_last_seen_at ON sessions (last_seen_at);

CREATE TABLE sign_in_failures (
    subject TEXT NOT NULL,
    at      BIGINT NOT NULL
);

CREATE INDEX sign_in_failures_of_subject ON sign_in_failures (subject, at);
CREATE INDEX sign_in_failures_by_at ON sign_in_failures (at);

CREATE TABLE apps (
    id              BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(id) = 16),
    organization_id BYTEA NOT NULL REFERENCES organizations (id),
    name            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    -- A deleted app stays for the sake of its ledger.
    deleted_at      BIGINT,
    UNIQUE (organization_id, id)
);

-- What decides comes first, so that loading it need not read past it.
CREATE TABLE keys (
    id              BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(id) = 16),
    digest          BYTEA NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    organization_id BYTEA NOT NULL REFERENCES organizations (id),
    kind            TEXT NOT NULL CHECK (kind IN ('organization', 'app')),
    permissions     TEXT,
    app_id          BYTEA,
    service         TEXT,
    environment     TEXT NOT NULL CHECK (environment IN ('development', 'staging', 'production')),
    state           TEXT NOT NULL CHECK (state IN ('active', 'retiring', 'suspended', 'revoked')),
    rotated_at      BIGINT,
    retires_at      BIGINT,
    suspended_at    BIGINT,
    revoked_at      BIGINT,
    revoked_by      TEXT,
    expires_at      BIGINT,
    -- Networks, separated by commas; absent is any address.
    ip_allowlist    TEXT CHECK (ip_allowlist <> ''),
    per_minute      BIGINT CHECK (per_minute > 0),
    per_day         BIGINT CHECK (per_day > 0),
    name            TEXT NOT NULL,
    prefix          TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    created_by      TEXT NOT NULL,
    rotated_from    BYTEA REFERENCES keys (id),
    rotated_to      BYTEA REFERENCES keys (id),
    last_used_at    BIGINT,
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
);

CREATE INDEX keys_of_organization ON keys (organization_id, id);
CREATE INDEX keys_of_app ON keys (app_id, id) WHERE app_id IS NOT NULL;

CREATE TABLE transactions (
    app_id      BYTEA NOT NULL REFERENCES apps (id),
    -- 1, 2, 3 … for each app: the order in which the balance ran.
    position    BIGINT NOT NULL CHECK (position > 0),
    id          BYTEA NOT NULL UNIQUE CHECK (octet_length(id) = 16),
    type        TEXT NOT NULL CHECK (type IN ('purchase', 'topup', 'usage', 'adjustment')),
    amount      BIGINT NOT NULL,
    balance     BIGINT NOT NULL,
    request_id  TEXT,
    description TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (app_id, position)
);

CREATE UNIQUE INDEX transactions_by_request ON transactions (app_id, request_id)
    WHERE request_id IS NOT NULL;

CREATE TABLE idempotency_keys (
    actor       TEXT NOT NULL,
    route       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BYTEA NOT NULL CHECK (octet_length(fingerprint) = 32),
    record_id   TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (actor, route, key)
);

CREATE INDEX idempotency_keys_by_created_at ON idempotency_keys (created_at);

CREATE TABLE usage (
    key_id  BYTEA NOT NULL REFERENCES keys (id),
    day     BIGINT NOT NULL,
    allowed BIGINT NOT NULL CHECK (allowed >= 0),
    denied  BIGINT NOT NULL CHECK (denied >= 0),
    PRIMARY KEY (key_id, day)
);
