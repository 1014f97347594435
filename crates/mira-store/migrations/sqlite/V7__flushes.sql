-- The last flush of usage that each run of a node has written, so that one whose answer
-- was lost is not counted again. A node that is alone with its store is 16 zeros.

CREATE TABLE usage_flushes (
    source     BLOB PRIMARY KEY NOT NULL CHECK (length(source) = 16),
    number     INTEGER NOT NULL CHECK (number > 0),
    flushed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
