-- Where an organization wants its events sent. Ids are the 16 bytes of a UUID,
-- instants milliseconds since the Unix epoch.

CREATE TABLE webhooks (
    id                    BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    organization_id       BLOB NOT NULL CHECK (length(organization_id) = 16),
    url                   TEXT NOT NULL,
    description           TEXT NOT NULL,
    -- Words, separated by commas.
    events                TEXT NOT NULL,
    is_enabled            INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    -- What signs must be known, so it is kept as it is.
    secret                BLOB NOT NULL CHECK (length(secret) = 32),
    previous_secret       BLOB CHECK (length(previous_secret) = 32),
    previous_secret_until INTEGER,
    created_at            INTEGER NOT NULL,
    CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL))
) STRICT;

CREATE INDEX webhooks_of_organization ON webhooks (organization_id, id);
