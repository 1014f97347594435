-- What happened, and each attempt to tell somebody. A message is written in the
-- transaction that it tells of; later it becomes one delivery for each webhook
-- that wants it. Webhooks may live in another database, so nothing refers to them.

CREATE TABLE webhook_messages (
    id              BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(id) = 16),
    organization_id BYTEA NOT NULL CHECK (octet_length(organization_id) = 16),
    event           TEXT NOT NULL,
    -- The JSON that is sent, byte for byte.
    body            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    is_addressed    BIGINT NOT NULL CHECK (is_addressed IN (0, 1))
);

CREATE INDEX webhook_messages_to_address ON webhook_messages (created_at)
    WHERE is_addressed = 0;
CREATE INDEX webhook_messages_by_age ON webhook_messages (created_at);

CREATE TABLE webhook_deliveries (
    id              BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(id) = 16),
    webhook_id      BYTEA NOT NULL CHECK (octet_length(webhook_id) = 16),
    message_id      BYTEA NOT NULL REFERENCES webhook_messages (id) ON DELETE CASCADE,
    state           TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    -- Attempts since it was last asked for.
    attempts        BIGINT NOT NULL CHECK (attempts >= 0),
    next_attempt_at BIGINT NOT NULL,
    -- Who attempts it now has until then to say how it went.
    claimed_until   BIGINT NOT NULL,
    last_attempt_at BIGINT,
    last_status     BIGINT,
    last_problem    TEXT
);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at)
    WHERE state = 'pending';
CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_of_message ON webhook_deliveries (message_id);
