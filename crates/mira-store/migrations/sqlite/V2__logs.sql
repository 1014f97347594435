-- Two append-only logs. An entry is its body; its chain is the SHA-256 of the chain
-- before it, its position (64 bits, big-endian) and its body. The heads say where each
-- log ends, so that a lost end is found too, and are what writers queue at.

CREATE TABLE chain_heads (
    log      TEXT PRIMARY KEY NOT NULL CHECK (log IN ('changelog', 'audit')),
    position INTEGER NOT NULL CHECK (position >= 0),
    chain    BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT, WITHOUT ROWID;

INSERT INTO chain_heads (log, position, chain) VALUES
    ('changelog', 0, zeroblob(32)),
    ('audit', 0, zeroblob(32));

CREATE TABLE changelog (
    position INTEGER PRIMARY KEY NOT NULL CHECK (position > 0),
    chain    BLOB NOT NULL CHECK (length(chain) = 32),
    body     TEXT NOT NULL
) STRICT;

-- What people filter by is read out of the body, so that the chain covers it.
CREATE TABLE audit_events (
    position        INTEGER PRIMARY KEY NOT NULL CHECK (position > 0),
    chain           BLOB NOT NULL CHECK (length(chain) = 32),
    body            TEXT NOT NULL,
    id              TEXT NOT NULL AS (body ->> '$.id') VIRTUAL,
    organization_id TEXT AS (body ->> '$.organization_id') VIRTUAL,
    action          TEXT NOT NULL AS (body ->> '$.action') VIRTUAL,
    target_kind     TEXT NOT NULL AS (body ->> '$.target.kind') VIRTUAL,
    target_id       TEXT NOT NULL AS (body ->> '$.target.id') VIRTUAL
) STRICT;

CREATE UNIQUE INDEX audit_events_by_id ON audit_events (id);
CREATE INDEX audit_events_of_organization ON audit_events (organization_id, position);
CREATE INDEX audit_events_of_organization_by_action
    ON audit_events (organization_id, action, position);
CREATE INDEX audit_events_of_target ON audit_events (target_id, position);
CREATE INDEX audit_events_by_action ON audit_events (action, position);
