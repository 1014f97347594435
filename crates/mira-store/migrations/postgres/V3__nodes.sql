-- The nodes of the installation. A row is one run of one process; it is made before that
-- process answers anybody, and says how far it has come in the changelog.

CREATE TABLE nodes (
    id            BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(id) = 16),
    -- A fenced node gets no lease any more, a retired one has none either.
    state         TEXT NOT NULL CHECK (state IN ('live', 'fenced', 'retired')),
    -- The longest lease that it was ever given.
    lease_ms      BIGINT NOT NULL CHECK (lease_ms > 0),
    position      BIGINT NOT NULL CHECK (position >= 0),
    chain         BYTEA NOT NULL CHECK (octet_length(chain) = 32),
    -- How often its lease was renewed: whoever sees the same number twice knows that it
    -- was not renewed in between.
    renewals      BIGINT NOT NULL CHECK (renewals >= 0),
    registered_at BIGINT NOT NULL,
    renewed_at    BIGINT NOT NULL
);
