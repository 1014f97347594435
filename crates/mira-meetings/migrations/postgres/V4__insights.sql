-- The numbers of each meeting's newest report, side by side in the order in which
-- periods are asked for, so that a period is one walk along the key.
CREATE TABLE report_facts (
    organization_id BYTEA NOT NULL,
    started_at      BIGINT NOT NULL,
    meeting_id      BYTEA NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    user_id         BYTEA,
    talk_ms         BIGINT NOT NULL,
    -- Absent where nobody knows who the host is, as are the host's questions.
    host_talk_ms    BIGINT,
    host_questions  BIGINT,
    questions       BIGINT NOT NULL,
    longest_ms      BIGINT NOT NULL,
    words           BIGINT NOT NULL,
    filler_words    BIGINT NOT NULL,
    interruptions   BIGINT NOT NULL,
    next_steps      BIGINT NOT NULL,
    -- A bit for each observation, the first word's being the lowest.
    observations    BIGINT NOT NULL,
    -- Absent where nobody has judged.
    score           BIGINT,
    PRIMARY KEY (organization_id, started_at, meeting_id)
);

CREATE UNIQUE INDEX report_facts_by_meeting ON report_facts (meeting_id);

-- The scores in each meeting's newest report.
CREATE TABLE report_criteria (
    organization_id BYTEA NOT NULL,
    started_at      BIGINT NOT NULL,
    meeting_id      BYTEA NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    position        BIGINT NOT NULL,
    name            TEXT NOT NULL,
    score           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, started_at, meeting_id, position)
);

CREATE INDEX report_criteria_by_meeting ON report_criteria (meeting_id);

-- A period's meetings are counted by status and user along this index.
DROP INDEX meetings_of_organization;
CREATE INDEX meetings_of_organization
    ON meetings (organization_id, started_at, id, status, user_id);
