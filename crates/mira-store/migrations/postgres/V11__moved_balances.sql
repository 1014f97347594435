-- Apps whose balance has moved since every node was last told. Whoever moves one holds the
-- row of its app.
CREATE TABLE moved_balances (
    app_id BYTEA PRIMARY KEY NOT NULL REFERENCES apps (id)
);
