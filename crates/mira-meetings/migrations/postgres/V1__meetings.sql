-- Ids are the 16 bytes of a UUID; an organization's are those of its id. Instants
-- are milliseconds since the Unix epoch. Words are those of the code. Every index
-- that a list walks holds all that the list filters by, so that counting and
-- skipping never touch the table. What holds JSON is text, kept as it was written.

CREATE TABLE meetings (
    id              BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(id) = 16),
    organization_id BYTEA NOT NULL CHECK (octet_length(organization_id) = 16),
    title           TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN (
        'pending', 'fetched', 'processing', 'completed', 'failed', 'no_transcript'
    )),
    user_id         BYTEA CHECK (octet_length(user_id) = 16),
    call_type       TEXT,
    meeting_url     TEXT,
    -- A JSON array of texts.
    attendees       TEXT NOT NULL CHECK (json_typeof(attendees::json) = 'array'),
    started_at      BIGINT NOT NULL,
    ended_at        BIGINT CHECK (ended_at >= started_at),
    created_at      BIGINT NOT NULL
);

CREATE INDEX meetings_of_organization ON meetings (organization_id, started_at, id);
CREATE INDEX meetings_by_status ON meetings (organization_id, status, started_at, id, user_id);
CREATE INDEX meetings_by_user ON meetings (organization_id, user_id, started_at, id, status);

-- How many meetings there are, so that a list without bounds in time need not count
-- them. Kept by the triggers below; nobody else writes it.
CREATE TABLE meeting_counts (
    organization_id BYTEA NOT NULL,
    status          TEXT NOT NULL,
    -- Empty where a meeting is nobody's.
    user_id         BYTEA NOT NULL,
    total           BIGINT NOT NULL CHECK (total >= 0),
    PRIMARY KEY (organization_id, status, user_id)
);

CREATE FUNCTION count_meeting(
    organization BYTEA, counted_status TEXT, counted_user BYTEA, change BIGINT
) RETURNS VOID LANGUAGE sql AS $$
    INSERT INTO meeting_counts AS counts (organization_id, status, user_id, total)
        VALUES (organization, counted_status, coalesce(counted_user, ''), greatest(change, 0))
        ON CONFLICT (organization_id, status, user_id) DO UPDATE SET total = counts.total + change
$$;

-- The counts of one organization change in the order of their words, so that
-- transactions wait for each other and never in a circle.
CREATE FUNCTION count_meetings() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM count_meeting(new.organization_id, new.status, new.user_id, 1);
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM count_meeting(old.organization_id, old.status, old.user_id, -1);
    ELSIF (old.status, coalesce(old.user_id, '')) < (new.status, coalesce(new.user_id, '')) THEN
        PERFORM count_meeting(old.organization_id, old.status, old.user_id, -1);
        PERFORM count_meeting(new.organization_id, new.status, new.user_id, 1);
    ELSE
        PERFORM count_meeting(new.organization_id, new.status, new.user_id, 1);
        PERFORM count_meeting(old.organization_id, old.status, old.user_id, -1);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER meetings_counted AFTER INSERT OR DELETE OR UPDATE OF status, user_id ON meetings
    FOR EACH ROW EXECUTE FUNCTION count_meetings();

CREATE TABLE transcript_lines (
    meeting_id BYTEA NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    -- 1, 2, 3 … in each meeting.
    position   BIGINT NOT NULL CHECK (position > 0),
    speaker    TEXT,
    -- Milliseconds since the meeting began.
    start_ms   BIGINT NOT NULL CHECK (start_ms >= 0),
    end_ms     BIGINT NOT NULL CHECK (end_ms >= start_ms),
    text       TEXT NOT NULL,
    PRIMARY KEY (meeting_id, position)
);

CREATE TABLE templates (
    id               BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(id) = 16),
    organization_id  BYTEA NOT NULL CHECK (octet_length(organization_id) = 16),
    name             TEXT NOT NULL,
    description      TEXT,
    prompt_template  TEXT NOT NULL,
    -- A JSON array of {name, description?, weight}.
    grading_criteria TEXT NOT NULL CHECK (json_typeof(grading_criteria::json) = 'array'),
    coaching_tone    TEXT NOT NULL CHECK (coaching_tone IN (
        'direct', 'supportive', 'socratic', 'analytical'
    )),
    call_type        TEXT,
    is_active        BIGINT NOT NULL CHECK (is_active IN (0, 1)),
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL
);

CREATE INDEX templates_of_organization
    ON templates (organization_id, created_at, id, is_active, call_type);

CREATE TABLE reports (
    id           BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(id) = 16),
    meeting_id   BYTEA NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    -- Absent once the template is deleted.
    template_id  BYTEA REFERENCES templates (id) ON DELETE SET NULL,
    score        BIGINT NOT NULL CHECK (score BETWEEN 0 AND 100),
    summary      TEXT NOT NULL,
    -- A JSON array of {name, weight, score, comment}.
    criteria     TEXT NOT NULL CHECK (json_typeof(criteria::json) = 'array'),
    -- JSON arrays of texts.
    strengths    TEXT NOT NULL CHECK (json_typeof(strengths::json) = 'array'),
    improvements TEXT NOT NULL CHECK (json_typeof(improvements::json) = 'array'),
    created_at   BIGINT NOT NULL
);

CREATE INDEX reports_of_meeting ON reports (meeting_id, created_at, id);
CREATE INDEX reports_by_template ON reports (template_id) WHERE template_id IS NOT NULL;

CREATE TABLE roleplay_sessions (
    id              BYTEA PRIMARY KEY NOT NULL CHECK (octet_length(id) = 16),
    organization_id BYTEA NOT NULL CHECK (octet_length(organization_id) = 16),
    scenario        TEXT NOT NULL,
    persona         TEXT,
    -- Absent once the template is deleted.
    template_id     BYTEA REFERENCES templates (id) ON DELETE SET NULL,
    created_at      BIGINT NOT NULL
);

CREATE INDEX roleplay_sessions_of_organization
    ON roleplay_sessions (organization_id, created_at, id);
CREATE INDEX roleplay_sessions_by_template
    ON roleplay_sessions (template_id) WHERE template_id IS NOT NULL;
