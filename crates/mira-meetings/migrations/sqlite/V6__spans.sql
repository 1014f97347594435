-- Sums over whole days (UTC, since the Unix epoch) and over blocks of sixteen of them,
-- so that a long period is read from them but for its edges. Kept by the triggers
-- below, in the transaction of whatever changes; nobody else writes them.

-- One report as sums, with the day and the block that it falls into.
CREATE VIEW report_sums AS
SELECT organization_id, started_at, meeting_id, user_id,
    (started_at - (started_at % 86400000 + 86400000) % 86400000) / 86400000 AS day,
    (started_at - (started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000 AS block,
    1 AS reports, host_talk_ms IS NOT NULL AS hosted, score IS NOT NULL AS scored, talk_ms,
    CASE WHEN host_talk_ms IS NULL THEN 0 ELSE talk_ms END AS hosted_talk_ms,
    coalesce(host_talk_ms, 0) AS host_talk_ms, coalesce(host_questions, 0) AS host_questions,
    questions, longest_ms, words, filler_words, interruptions, next_steps,
    coalesce(score, 0) AS score, (observations >> 0) & 1 AS observed_0,
    (observations >> 1) & 1 AS observed_1, (observations >> 2) & 1 AS observed_2,
    (observations >> 3) & 1 AS observed_3, (observations >> 4) & 1 AS observed_4,
    (observations >> 5) & 1 AS observed_5, (observations >> 6) & 1 AS observed_6
FROM report_facts;

-- Of everybody by day (`days` 1, no user), and of each user by block (`days` 16).
CREATE TABLE report_spans (
    organization_id BLOB NOT NULL,
    days            INTEGER NOT NULL,
    span            INTEGER NOT NULL,
    -- Empty where a meeting is nobody's.
    user_id         BLOB NOT NULL,
    reports         INTEGER NOT NULL,
    hosted          INTEGER NOT NULL,
    scored          INTEGER NOT NULL,
    talk_ms         INTEGER NOT NULL,
    hosted_talk_ms  INTEGER NOT NULL,
    host_talk_ms    INTEGER NOT NULL,
    host_questions  INTEGER NOT NULL,
    questions       INTEGER NOT NULL,
    longest_ms      INTEGER NOT NULL,
    words           INTEGER NOT NULL,
    filler_words    INTEGER NOT NULL,
    interruptions   INTEGER NOT NULL,
    next_steps      INTEGER NOT NULL,
    score           INTEGER NOT NULL,
    observed_0      INTEGER NOT NULL,
    observed_1      INTEGER NOT NULL,
    observed_2      INTEGER NOT NULL,
    observed_3      INTEGER NOT NULL,
    observed_4      INTEGER NOT NULL,
    observed_5      INTEGER NOT NULL,
    observed_6      INTEGER NOT NULL,
    PRIMARY KEY (organization_id, days, span, user_id)
) STRICT, WITHOUT ROWID;

INSERT INTO report_spans
SELECT organization_id, 1, day, x'',
    sum(reports), sum(hosted), sum(scored), sum(talk_ms), sum(hosted_talk_ms), sum(host_talk_ms),
    sum(host_questions), sum(questions), sum(longest_ms), sum(words), sum(filler_words),
    sum(interruptions), sum(next_steps), sum(score), sum(observed_0), sum(observed_1),
    sum(observed_2), sum(observed_3), sum(observed_4), sum(observed_5), sum(observed_6)
FROM report_sums GROUP BY organization_id, day
UNION ALL
SELECT organization_id, 16, block, coalesce(user_id, x''),
    sum(reports), sum(hosted), sum(scored), sum(talk_ms), sum(hosted_talk_ms), sum(host_talk_ms),
    sum(host_questions), sum(questions), sum(longest_ms), sum(words), sum(filler_words),
    sum(interruptions), sum(next_steps), sum(score), sum(observed_0), sum(observed_1),
    sum(observed_2), sum(observed_3), sum(observed_4), sum(observed_5), sum(observed_6)
FROM report_sums GROUP BY organization_id, block, coalesce(user_id, x'');

CREATE TRIGGER report_facts_counted AFTER INSERT ON report_facts BEGIN
    INSERT INTO report_spans
    SELECT organization_id, 1, day, x'',
        reports, hosted, scored, talk_ms, hosted_talk_ms, host_talk_ms, host_questions,
        questions, longest_ms, words, filler_words, interruptions, next_steps, score, observed_0,
        observed_1, observed_2, observed_3, observed_4, observed_5, observed_6
    FROM report_sums WHERE meeting_id = new.meeting_id
    UNION ALL
    SELECT organization_id, 16, block, coalesce(user_id, x''),
        reports, hosted, scored, talk_ms, hosted_talk_ms, host_talk_ms, host_questions,
        questions, longest_ms, words, filler_words, interruptions, next_steps, score, observed_0,
        observed_1, observed_2, observed_3, observed_4, observed_5, observed_6
    FROM report_sums WHERE meeting_id = new.meeting_id
    ON CONFLICT DO UPDATE SET
        reports = reports + excluded.reports, hosted = hosted + excluded.hosted,
        scored = scored + excluded.scored, talk_ms = talk_ms + excluded.talk_ms,
        hosted_talk_ms = hosted_talk_ms + excluded.hosted_talk_ms,
        host_talk_ms = host_talk_ms + excluded.host_talk_ms,
        host_questions = host_questions + excluded.host_questions,
        questions = questions + excluded.questions,
        longest_ms = longest_ms + excluded.longest_ms, words = words + excluded.words,
        filler_words = filler_words + excluded.filler_words,
        interruptions = interruptions + excluded.interruptions,
        next_steps = next_steps + excluded.next_steps, score = score + excluded.score,
        observed_0 = observed_0 + excluded.observed_0,
        observed_1 = observed_1 + excluded.observed_1,
        observed_2 = observed_2 + excluded.observed_2,
        observed_3 = observed_3 + excluded.observed_3,
        observed_4 = observed_4 + excluded.observed_4,
        observed_5 = observed_5 + excluded.observed_5,
        observed_6 = observed_6 + excluded.observed_6;
END;

CREATE TRIGGER report_facts_uncounted BEFORE DELETE ON report_facts BEGIN
    INSERT INTO report_spans
    SELECT organization_id, 1, day, x'',
        -reports, -hosted, -scored, -talk_ms, -hosted_talk_ms, -host_talk_ms, -host_questions,
        -questions, -longest_ms, -words, -filler_words, -interruptions, -next_steps, -score,
        -observed_0, -observed_1, -observed_2, -observed_3, -observed_4, -observed_5, -observed_6
    FROM report_sums WHERE meeting_id = old.meeting_id
    UNION ALL
    SELECT organization_id, 16, block, coalesce(user_id, x''),
        -reports, -hosted, -scored, -talk_ms, -hosted_talk_ms, -host_talk_ms, -host_questions,
        -questions, -longest_ms, -words, -filler_words, -interruptions, -next_steps, -score,
        -observed_0, -observed_1, -observed_2, -observed_3, -observed_4, -observed_5, -observed_6
    FROM report_sums WHERE meeting_id = old.meeting_id
    ON CONFLICT DO UPDATE SET
        reports = reports + excluded.reports, hosted = hosted + excluded.hosted,
        scored = scored + excluded.scored, talk_ms = talk_ms + excluded.talk_ms,
        hosted_talk_ms = hosted_talk_ms + excluded.hosted_talk_ms,
        host_talk_ms = host_talk_ms + excluded.host_talk_ms,
        host_questions = host_questions + excluded.host_questions,
        questions = questions + excluded.questions,
        longest_ms = longest_ms + excluded.longest_ms, words = words + excluded.words,
        filler_words = filler_words + excluded.filler_words,
        interruptions = interruptions + excluded.interruptions,
        next_steps = next_steps + excluded.next_steps, score = score + excluded.score,
        observed_0 = observed_0 + excluded.observed_0,
        observed_1 = observed_1 + excluded.observed_1,
        observed_2 = observed_2 + excluded.observed_2,
        observed_3 = observed_3 + excluded.observed_3,
        observed_4 = observed_4 + excluded.observed_4,
        observed_5 = observed_5 + excluded.observed_5,
        observed_6 = observed_6 + excluded.observed_6;
END;

CREATE TABLE criterion_blocks (
    organization_id BLOB NOT NULL,
    block           INTEGER NOT NULL,
    name            TEXT NOT NULL,
    score           INTEGER NOT NULL,
    scores          INTEGER NOT NULL,
    PRIMARY KEY (organization_id, block, name)
) STRICT, WITHOUT ROWID;

INSERT INTO criterion_blocks
SELECT organization_id, (started_at - (started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000, name, sum(score), count(*)
FROM report_criteria GROUP BY 1, 2, 3;

CREATE TABLE meeting_blocks (
    organization_id BLOB NOT NULL,
    block           INTEGER NOT NULL,
    status          TEXT NOT NULL,
    -- Empty where a meeting is nobody's.
    user_id         BLOB NOT NULL,
    total           INTEGER NOT NULL,
    PRIMARY KEY (organization_id, block, status, user_id)
) STRICT, WITHOUT ROWID;

INSERT INTO meeting_blocks
SELECT organization_id, (started_at - (started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000, status, coalesce(user_id, x''), count(*)
FROM meetings GROUP BY 1, 2, 3, 4;

CREATE TRIGGER report_criteria_counted AFTER INSERT ON report_criteria BEGIN
    INSERT INTO criterion_blocks VALUES (
        new.organization_id, (new.started_at - (new.started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000,
        new.name, new.score, 1)
    ON CONFLICT DO UPDATE SET score = score + excluded.score, scores = scores + excluded.scores;
END;

CREATE TRIGGER report_criteria_uncounted BEFORE DELETE ON report_criteria BEGIN
    INSERT INTO criterion_blocks VALUES (
        old.organization_id, (old.started_at - (old.started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000,
        old.name, -old.score, -1)
    ON CONFLICT DO UPDATE SET score = score + excluded.score, scores = scores + excluded.scores;
END;

CREATE TRIGGER meetings_blocked AFTER INSERT ON meetings BEGIN
    INSERT INTO meeting_blocks VALUES (
        new.organization_id, (new.started_at - (new.started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000,
        new.status, coalesce(new.user_id, x''), 1)
    ON CONFLICT DO UPDATE SET total = total + excluded.total;
END;

CREATE TRIGGER meetings_unblocked AFTER DELETE ON meetings BEGIN
    INSERT INTO meeting_blocks VALUES (
        old.organization_id, (old.started_at - (old.started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000,
        old.status, coalesce(old.user_id, x''), -1)
    ON CONFLICT DO UPDATE SET total = total + excluded.total;
END;

CREATE TRIGGER meetings_reblocked AFTER UPDATE OF status, user_id, started_at ON meetings BEGIN
    INSERT INTO meeting_blocks VALUES (
        old.organization_id, (old.started_at - (old.started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000,
        old.status, coalesce(old.user_id, x''), -1)
    ON CONFLICT DO UPDATE SET total = total + excluded.total;
    INSERT INTO meeting_blocks VALUES (
        new.organization_id, (new.started_at - (new.started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000,
        new.status, coalesce(new.user_id, x''), 1)
    ON CONFLICT DO UPDATE SET total = total + excluded.total;
END;
