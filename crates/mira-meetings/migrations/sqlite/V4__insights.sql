-- The numbers of each meeting's newest report, side by side in the order in which
-- periods are asked for, so that a period is one walk along the key.
CREATE TABLE report_facts (
    organization_id BLOB NOT NULL,
    started_at      INTEGER NOT NULL,
    meeting_id      BLOB NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    user_id         BLOB,
    talk_ms         INTEGER NOT NULL,
    -- Absent where nobody knows who the host is, as are the host's questions.
    host_talk_ms    INTEGER,
    host_questions  INTEGER,
    questions       INTEGER NOT NULL,
    longest_ms      INTEGER NOT NULL,
    words           INTEGER NOT NULL,
    filler_words    INTEGER NOT NULL,
    interruptions   INTEGER NOT NULL,
    next_steps      INTEGER NOT NULL,
    -- A bit for each observation, the first word's being the lowest.
    observations    INTEGER NOT NULL,
    -- Absent where nobody has judged.
    score           INTEGER,
    PRIMARY KEY (organization_id, started_at, meeting_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX report_facts_by_meeting ON report_facts (meeting_id);

-- The scores in each meeting's newest report.
CREATE TABLE report_criteria (
    organization_id BLOB NOT NULL,
    started_at      INTEGER NOT NULL,
    meeting_id      BLOB NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    position        INTEGER NOT NULL,
    name            TEXT NOT NULL,
    score           INTEGER NOT NULL,
    PRIMARY KEY (organization_id, started_at, meeting_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX report_criteria_by_meeting ON report_criteria (meeting_id);

-- A period's meetings are counted by status and user along this index.
DROP INDEX meetings_of_organization;
CREATE INDEX meetings_of_organization
    ON meetings (organization_id, started_at, id, status, user_id);
