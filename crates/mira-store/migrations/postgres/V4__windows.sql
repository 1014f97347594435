-- The windows of keys: minutes and UTC days, by their number since the epoch. `given` is
-- how many of a window's units were given to nodes, and `latest` how many of them last; on
-- one node without others it is what was counted. There is no reference to the key, so
-- that nobody who changes one waits for a window.

CREATE TABLE windows (
    period TEXT NOT NULL CHECK (period IN ('minute', 'day')),
    number BIGINT NOT NULL CHECK (number >= 0),
    key_id BYTEA NOT NULL CHECK (octet_length(key_id) = 16),
    given  BIGINT NOT NULL CHECK (given >= 0),
    latest BIGINT NOT NULL CHECK (latest >= 0),
    PRIMARY KEY (period, number, key_id)
);
