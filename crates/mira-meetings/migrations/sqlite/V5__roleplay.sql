ALTER TABLE roleplay_sessions ADD COLUMN completed_at INTEGER;
-- JSON: what the model has judged. There if and only if the session is completed.
ALTER TABLE roleplay_sessions ADD COLUMN verdict TEXT
    CHECK ((verdict IS NULL) = (completed_at IS NULL));

CREATE TABLE roleplay_messages (
    session_id BLOB NOT NULL REFERENCES roleplay_sessions (id) ON DELETE CASCADE,
    -- 1, 2, 3 … in each session.
    position   INTEGER NOT NULL CHECK (position > 0),
    role       TEXT NOT NULL CHECK (role IN ('user', 'counterpart')),
    content    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (session_id, position)
) STRICT, WITHOUT ROWID;
