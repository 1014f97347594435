-- Refused requests whose key is known, for a week. The id of a request is a UUID
-- version 7, so it also says when that was. No foreign keys: a sample is written after
-- the fact, and nobody who changes a key is to wait for it.

CREATE TABLE refusals (
    request_id      BYTEA PRIMARY KEY CHECK (octet_length(request_id) = 16),
    key_id          BYTEA NOT NULL CHECK (octet_length(key_id) = 16),
    organization_id BYTEA NOT NULL CHECK (octet_length(organization_id) = 16),
    -- What was asked for, as JSON.
    access          TEXT NOT NULL,
    code            TEXT NOT NULL
);

CREATE INDEX refusals_of_organization ON refusals (organization_id, request_id);
CREATE INDEX refusals_of_key ON refusals (organization_id, key_id, request_id);
