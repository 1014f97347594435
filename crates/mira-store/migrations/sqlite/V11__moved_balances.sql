-- Apps whose balance has moved since every node was last told.
CREATE TABLE moved_balances (
    app_id BLOB PRIMARY KEY NOT NULL REFERENCES apps (id)
) WITHOUT ROWID, STRICT;
