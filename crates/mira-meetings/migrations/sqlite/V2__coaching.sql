-- Meetings that wait for their report. A claim puts `due_at` off, so that a meeting
-- whose worker is gone comes up again; `attempts` tells one claim from the next.
CREATE TABLE coaching_queue (
    meeting_id      BLOB PRIMARY KEY NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    organization_id BLOB NOT NULL,
    -- The speaker who is the organization's own, if the caller named one.
    host            TEXT,
    due_at          INTEGER NOT NULL,
    attempts        INTEGER NOT NULL CHECK (attempts >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX coaching_queue_by_due_at ON coaching_queue (due_at, meeting_id);

-- Files that were imported, by the SHA-256 of what stands in them.
CREATE TABLE imported_files (
    organization_id BLOB NOT NULL,
    digest          BLOB NOT NULL CHECK (length(digest) = 32),
    meeting_id      BLOB NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    PRIMARY KEY (organization_id, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX imported_files_by_meeting ON imported_files (meeting_id);

-- A report may have been scored by nobody, and has the analytics of its meeting.
-- All reports so far are samples.
CREATE TABLE new_reports (
    id            BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    meeting_id    BLOB NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    -- Absent once the template is deleted.
    template_id   BLOB REFERENCES templates (id) ON DELETE SET NULL,
    -- Which model, or `sample`.
    scored_by     TEXT,
    score         INTEGER CHECK (score BETWEEN 0 AND 100),
    summary       TEXT,
    -- A JSON array of {name, weight, score, comment}.
    criteria      TEXT NOT NULL CHECK (json_type(criteria) = 'array'),
    -- JSON arrays of texts.
    strengths     TEXT NOT NULL CHECK (json_type(strengths) = 'array'),
    improvements  TEXT NOT NULL CHECK (json_type(improvements) = 'array'),
    -- Why a model was asked and did not score.
    scoring_error TEXT,
    -- JSON; absent where a report is older than the analytics.
    analytics     TEXT CHECK (json_type(analytics) = 'object'),
    created_at    INTEGER NOT NULL,
    CHECK ((scored_by IS NULL) = (score IS NULL) AND (scored_by IS NULL) = (summary IS NULL)),
    CHECK (scored_by IS NULL OR scoring_error IS NULL)
) STRICT, WITHOUT ROWID;

INSERT INTO new_reports
    SELECT id, meeting_id, template_id, 'sample', score, summary, criteria, strengths,
        improvements, NULL, NULL, created_at
    FROM reports;

DROP TABLE reports;
ALTER TABLE new_reports RENAME TO reports;

CREATE INDEX reports_of_meeting ON reports (meeting_id, created_at, id);
CREATE INDEX reports_by_template ON reports (template_id) WHERE template_id IS NOT NULL;
