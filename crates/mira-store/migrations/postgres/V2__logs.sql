-- Two append-only logs. An entry is its body; its chain is the SHA-256 of the chain
-- before it, its position (64 bits, big-endian) and its body. The heads say where each
-- log ends, so that a lost end is found too, and are what writers queue at.

CREATE TABLE chain_heads (
    log      TEXT PRIMARY KEY NOT NULL CHECK (log IN ('changelog', 'audit')),
    position BIGINT NOT NULL CHECK (position >= 0),
    chain    BYTEA NOT NULL CHECK (octet_length(chain) = 32)
);

INSERT INTO chain_heads (log, position, chain) VALUES
    ('changelog', 0, decode(repeat('00', 32), 'hex')),
    ('audit', 0, decode(repeat('00', 32), 'hex'));

CREATE TABLE changelog (
    position BIGINT PRIMARY KEY NOT NULL CHECK (position > 0),
    chain    BYTEA NOT NULL CHECK (octet_length(chain) = 32),
    body     TEXT NOT NULL
);

-- What people filter by is read out of the body, so that the chain covers it. JSON
-- may hold the escape of NUL, which no text here can: it is read as U+FFFD.
CREATE TABLE audit_events (
    position        BIGINT PRIMARY KEY NOT NULL CHECK (position > 0),
    chain           BYTEA NOT NULL CHECK (octet_length(chain) = 32),
    body            TEXT NOT NULL,
    id              TEXT NOT NULL GENERATED ALWAYS AS
        (replace(body, '\u0000', '\ufffd')::json ->> 'id') STORED,
    organization_id TEXT GENERATED ALWAYS AS
        (replace(body, '\u0000', '\ufffd')::json ->> 'organization_id') STORED,
    action          TEXT NOT NULL GENERATED ALWAYS AS
        (replace(body, '\u0000', '\ufffd')::json ->> 'action') STORED,
    target_kind     TEXT NOT NULL GENERATED ALWAYS AS
        (replace(body, '\u0000', '\ufffd')::json -> 'target' ->> 'kind') STORED,
    target_id       TEXT NOT NULL GENERATED ALWAYS AS
        (replace(body, '\u0000', '\ufffd')::json -> 'target' ->> 'id') STORED
);

CREATE UNIQUE INDEX audit_events_by_id ON audit_events (id);
CREATE INDEX audit_events_of_organization ON audit_events (organization_id, position);
CREATE INDEX audit_events_of_organization_by_action
    ON audit_events (organization_id, action, position);
CREATE INDEX audit_events_of_target ON audit_events (target_id, position);
CREATE INDEX audit_events_by_action ON audit_events (action, position);
