-- Meetings that wait for their report. A claim puts `due_at` off, so that a meeting
-- whose worker is gone comes up again; `attempts` tells one claim from the next.
CREATE TABLE coaching_queue (
    meeting_id      BYTEA PRIMARY KEY NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    organization_id BYTEA NOT NULL,
    -- The speaker who is the organization's own, if the caller named one.
    host            TEXT,
    due_at          BIGINT NOT NULL,
    attempts        BIGINT NOT NULL CHECK (attempts >= 0)
);

CREATE INDEX coaching_queue_by_due_at ON coaching_queue (due_at, meeting_id);

-- Files that were imported, by the SHA-256 of what stands in them.
CREATE TABLE imported_files (
    organization_id BYTEA NOT NULL,
    digest          BYTEA NOT NULL CHECK (octet_length(digest) = 32),
    meeting_id      BYTEA NOT NULL REFERENCES meetings (id) ON DELETE CASCADE,
    PRIMARY KEY (organization_id, digest)
);

CREATE INDEX imported_files_by_meeting ON imported_files (meeting_id);

-- A report may have been scored by nobody, and has the analytics of its meeting.
-- All reports so far are samples.
ALTER TABLE reports ALTER COLUMN score DROP NOT NULL;
ALTER TABLE reports ALTER COLUMN summary DROP NOT NULL;
-- Which model, or `sample`.
ALTER TABLE reports ADD COLUMN scored_by TEXT;
-- Why a model was asked and did not score.
ALTER TABLE reports ADD COLUMN scoring_error TEXT;
-- JSON; absent where a report is older than the analytics.
ALTER TABLE reports ADD COLUMN analytics TEXT CHECK (json_typeof(analytics::json) = 'object');
UPDATE reports SET scored_by = 'sample';
ALTER TABLE reports ADD CHECK (
    (scored_by IS NULL) = (score IS NULL) AND (scored_by IS NULL) = (summary IS NULL)
);
ALTER TABLE reports ADD CHECK (scored_by IS NULL OR scoring_error IS NULL);
