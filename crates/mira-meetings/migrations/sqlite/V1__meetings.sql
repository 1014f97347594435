-- Ids are the 16 bytes of a UUID; an organization's are those of its id. Instants
-- are milliseconds since the Unix epoch. Words are those of the code. Every index
-- that a list walks holds all that the list filters by, so that counting and
-- skipping never touch the table.

CREATE TABLE meetings (
    id              BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    organization_id BLOB NOT NULL CHECK (length(organization_id) = 16),
    title           TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN (
        'pending', 'fetched', 'processing', 'completed', 'failed', 'no_transcript'
    )),
    user_id         BLOB CHECK (length(user_id) = 16),
    call_type       TEXT,
    meeting_url     TEXT,
    -- A JSON array of texts.
    attendees       TEXT NOT NULL CHECK (json_type(attendees) = 'array'),
    started_at      INTEGER NOT NULL,
    ended_at        INTEGER CHECK (ended_at >= started_at),
    created_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX meetings_of_organization ON meetings (organization_id, started_at, id);
CREATE INDEX meetings_by_status ON meetings (organization_id, status, started_at, id, user_id);
CREATE INDEX meetings_by_user ON meetings (organization_id, user_id, started_at, id, status);

-- How many meetings there are, so that a list without bounds in time need not count
-- them. Kept by the triggers below; nobody else writes it.
CREATE TABLE meeting_counts (
    organization_id BLOB NOT NULL,
    status          TEXT NOT NULL,
    -- Empty where a meeting is nobody's.
    user_id         BLOB NOT NULL,
    total           INTEGER NOT NULL CHECK (total >= 0),
    PRIMARY KEY (organization_id, status, user_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER meetings_inserted AFTER INSERT ON meetings BEGIN
    INSERT INTO meeting_counts (organization_id, status, user_id, total)
        VALUES (new.organization_id, new.status, coalesce(new.user_id, x''), 1)
        ON CONFLICT DO UPDATE SET total = total + 1;
END;

CREATE TRIGGER meetings_deleted AFTER DELETE ON meetings BEGIN
    UPDATE meeting_counts SET total = total - 1
        WHERE organization_id = old.organization_id AND status = old.status
            AND user_id = coalesce(old.user_id, x'');
END;

CREATE TRIGGER meetings_updated AFTER UPDATE OF status, user_id ON meetings BEGIN
    UPDATE meeting_counts SET total = total - 1
        WHERE organization_id = old.organization_id AND status = old.status
            AND user_id = coalesce(old.user_id, x'');
    INSERT INTO meeting_counts (organization_id, status, user_id, total)
        VALUES (new.organization_id, new.status, coalesce(new.user_id, x''), 1)
        ON CONFLICT DO UPDATE SET total = total + 1;
END;

CREATE TABLE transcript_lines (
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    -- 1, 2, 3 … in each meeting.
    position   INTEGER NOT NULL CHECK (position > 0),
    speaker    TEXT,
    -- Milliseconds since the meeting began.
    start_ms   INTEGER NOT NULL CHECK (start_ms >= 0),
    end_ms     INTEGER NOT NULL CHECK (end_ms >= start_ms),
    text       TEXT NOT NULL,
    PRIMARY KEY (meeting_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE templates (
    id               BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    organization_id  BLOB NOT NULL CHECK (length(organization_id) = 16),
    name             TEXT NOT NULL,
    description      TEXT,
    prompt_template  TEXT NOT NULL,
    -- A JSON array of {name, description?, weight}.
    grading_criteria TEXT NOT NULL CHECK (json_type(grading_criteria) = 'array'),
    coaching_tone    TEXT NOT NULL CHECK (coaching_tone IN (
        'direct', 'supportive', 'socratic', 'analytical'
    )),
    call_type        TEXT,
    is_active        INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX templates_of_organization
    ON templates (organization_id, created_at, id, is_active, call_type);

CREATE TABLE reports (
    id           BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    meeting_id   BLOB NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    -- Absent once the template is deleted.
    template_id  BLOB REFERENCES templates (id) ON DELETE SET NULL,
    score        INTEGER NOT NULL CHECK (score BETWEEN 0 AND 100),
    summary      TEXT NOT NULL,
    -- A JSON array of {name, weight, score, comment}.
    criteria     TEXT NOT NULL CHECK (json_type(criteria) = 'array'),
    -- JSON arrays of texts.
    strengths    TEXT NOT NULL CHECK (json_type(strengths) = 'array'),
    improvements TEXT NOT NULL CHECK (json_type(improvements) = 'array'),
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX reports_of_meeting ON reports (meeting_id, created_at, id);
CREATE INDEX reports_by_template ON reports (template_id) WHERE template_id IS NOT NULL;

CREATE TABLE roleplay_sessions (
    id              BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    organization_id BLOB NOT NULL CHECK (length(organization_id) = 16),
    scenario        TEXT NOT NULL,
    persona         TEXT,
    -- Absent once the template is deleted.
    template_id     BLOB REFERENCES templates (id) ON DELETE SET NULL,
    created_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX roleplay_sessions_of_organization
    ON roleplay_sessions (organization_id, created_at, id);
CREATE INDEX roleplay_sessions_by_template
    ON roleplay_sessions (template_id) WHERE template_id IS NOT NULL;
