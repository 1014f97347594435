-- Counts the changes of a template, for callers who edit the one that they have read.
ALTER TABLE templates ADD COLUMN version BIGINT NOT NULL DEFAULT 1 CHECK (version > 0);
