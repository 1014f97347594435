-- The nodes of the installation. A row is one run of one process; it is made before that
-- process answers anybody, and says how far it has come in the changelog.

CREATE TABLE nodes (
    id            BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    -- A fenced node gets no lease any more, a retired one has none either.
    state         TEXT NOT NULL CHECK (state IN ('live', 'fenced', 'retired')),
    -- The longest lease that it was ever given.
    lease_ms      INTEGER NOT NULL CHECK (lease_ms > 0),
    position      INTEGER NOT NULL CHECK (position >= 0),
    chain         BLOB NOT NULL CHECK (length(chain) = 32),
    -- How often its lease was renewed: whoever sees the same number twice knows that it
    -- was not renewed in between.
    renewals      INTEGER NOT NULL CHECK (renewals >= 0),
    registered_at INTEGER NOT NULL,
    renewed_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
