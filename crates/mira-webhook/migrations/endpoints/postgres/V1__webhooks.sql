-- Where an organization wants its events sent. Ids are the 16 bytes of a UUID,
-- instants milliseconds since the Unix epoch.

CREATE TABLE webhooks (
    id                    BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(id) = 16),
    organization_id       BYTEA NOT NULL CHECK (octet_length(organization_id) = 16),
    url                   TEXT NOT NULL,
    description           TEXT NOT NULL,
    -- Words, separated by commas.
    events                TEXT NOT NULL,
    is_enabled            BIGINT NOT NULL CHECK (is_enabled IN (0, 1)),
    -- What signs must be known, so it is kept as it is.
    secret                BYTEA NOT NULL CHECK (octet_length(secret) = 32),
    previous_secret       BYTEA CHECK (octet_length(previous_secret) = 32),
    previous_secret_until BIGINT,
    created_at            BIGINT NOT NULL,
    CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL))
);

CREATE INDEX webhooks_of_organization ON webhooks (organization_id, id);
