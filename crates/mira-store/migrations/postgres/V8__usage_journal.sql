-- What busy nodes have counted and is not in `usage`, `windows` and `keys` yet: a few
-- rows for each flush instead of several for each key. A row holds entries of keys of
-- one part, and the rows of a part are settled together.

CREATE TABLE usage_journal (
    part    BIGINT NOT NULL CHECK (part BETWEEN 0 AND 255),
    number  BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    entries BYTEA NOT NULL CHECK (octet_length(entries) > 0)
);

CREATE INDEX usage_journal_part ON usage_journal (part);
