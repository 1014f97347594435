-- Sums over whole days (UTC, since the Unix epoch) and over blocks of sixteen of them,
-- so that a long period is read from them but for its edges. Kept by the triggers
-- below, in the transaction of whatever changes; nobody else writes them.

-- One report as sums, with the day and the block that it falls into.
CREATE VIEW report_sums AS
SELECT organization_id, started_at, meeting_id, user_id,
    (started_at - (started_at % 86400000 + 86400000) % 86400000) / 86400000 AS day,
    (started_at - (started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000 AS block,
    1 AS reports, (host_talk_ms IS NOT NULL)::int AS hosted, (score IS NOT NULL)::int AS scored,
    talk_ms, CASE WHEN host_talk_ms IS NULL THEN 0 ELSE talk_ms END AS hosted_talk_ms,
    coalesce(host_talk_ms, 0) AS host_talk_ms, coalesce(host_questions, 0) AS host_questions,
    questions, longest_ms, words, filler_words, interruptions, next_steps,
    coalesce(score, 0) AS score, (observations >> 0) & 1 AS observed_0,
    (observations >> 1) & 1 AS observed_1, (observations >> 2) & 1 AS observed_2,
    (observations >> 3) & 1 AS observed_3, (observations >> 4) & 1 AS observed_4,
    (observations >> 5) & 1 AS observed_5, (observations >> 6) & 1 AS observed_6
FROM report_facts;

-- Of everybody by day (`days` 1, no user), and of each user by block (`days` 16).
CREATE TABLE report_spans (
    organization_id BYTEA NOT NULL,
    days            BIGINT NOT NULL,
    span            BIGINT NOT NULL,
    -- Empty where a meeting is nobody's.
    user_id         BYTEA NOT NULL,
    reports         BIGINT NOT NULL,
    hosted          BIGINT NOT NULL,
    scored          BIGINT NOT NULL,
    talk_ms         BIGINT NOT NULL,
    hosted_talk_ms  BIGINT NOT NULL,
    host_talk_ms    BIGINT NOT NULL,
    host_questions  BIGINT NOT NULL,
    questions       BIGINT NOT NULL,
    longest_ms      BIGINT NOT NULL,
    words           BIGINT NOT NULL,
    filler_words    BIGINT NOT NULL,
    interruptions   BIGINT NOT NULL,
    next_steps      BIGINT NOT NULL,
    score           BIGINT NOT NULL,
    observed_0      BIGINT NOT NULL,
    observed_1      BIGINT NOT NULL,
    observed_2      BIGINT NOT NULL,
    observed_3      BIGINT NOT NULL,
    observed_4      BIGINT NOT NULL,
    observed_5      BIGINT NOT NULL,
    observed_6      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, days, span, user_id)
);

INSERT INTO report_spans
SELECT organization_id, 1, day, ''::bytea,
    sum(reports), sum(hosted), sum(scored), sum(talk_ms), sum(hosted_talk_ms), sum(host_talk_ms),
    sum(host_questions), sum(questions), sum(longest_ms), sum(words), sum(filler_words),
    sum(interruptions), sum(next_steps), sum(score), sum(observed_0), sum(observed_1),
    sum(observed_2), sum(observed_3), sum(observed_4), sum(observed_5), sum(observed_6)
FROM report_sums GROUP BY organization_id, day
UNION ALL
SELECT organization_id, 16, block, coalesce(user_id, ''::bytea),
    sum(reports), sum(hosted), sum(scored), sum(talk_ms), sum(hosted_talk_ms), sum(host_talk_ms),
    sum(host_questions), sum(questions), sum(longest_ms), sum(words), sum(filler_words),
    sum(interruptions), sum(next_steps), sum(score), sum(observed_0), sum(observed_1),
    sum(observed_2), sum(observed_3), sum(observed_4), sum(observed_5), sum(observed_6)
FROM report_sums GROUP BY organization_id, block, coalesce(user_id, ''::bytea);

CREATE FUNCTION span_report(counted BYTEA, sign BIGINT) RETURNS VOID LANGUAGE sql AS $$
    INSERT INTO report_spans AS spans
    SELECT organization_id, 1, day, ''::bytea,
        sign * reports, sign * hosted, sign * scored, sign * talk_ms, sign * hosted_talk_ms,
        sign * host_talk_ms, sign * host_questions, sign * questions, sign * longest_ms,
        sign * words, sign * filler_words, sign * interruptions, sign * next_steps, sign * score,
        sign * observed_0, sign * observed_1, sign * observed_2, sign * observed_3,
        sign * observed_4, sign * observed_5, sign * observed_6
    FROM report_sums WHERE meeting_id = counted
    UNION ALL
    SELECT organization_id, 16, block, coalesce(user_id, ''::bytea),
        sign * reports, sign * hosted, sign * scored, sign * talk_ms, sign * hosted_talk_ms,
        sign * host_talk_ms, sign * host_questions, sign * questions, sign * longest_ms,
        sign * words, sign * filler_words, sign * interruptions, sign * next_steps, sign * score,
        sign * observed_0, sign * observed_1, sign * observed_2, sign * observed_3,
        sign * observed_4, sign * observed_5, sign * observed_6
    FROM report_sums WHERE meeting_id = counted
    ON CONFLICT (organization_id, days, span, user_id) DO UPDATE SET
        reports = spans.reports + excluded.reports, hosted = spans.hosted + excluded.hosted,
        scored = spans.scored + excluded.scored, talk_ms = spans.talk_ms + excluded.talk_ms,
        hosted_talk_ms = spans.hosted_talk_ms + excluded.hosted_talk_ms,
        host_talk_ms = spans.host_talk_ms + excluded.host_talk_ms,
        host_questions = spans.host_questions + excluded.host_questions,
        questions = spans.questions + excluded.questions,
        longest_ms = spans.longest_ms + excluded.longest_ms,
        words = spans.words + excluded.words,
        filler_words = spans.filler_words + excluded.filler_words,
        interruptions = spans.interruptions + excluded.interruptions,
        next_steps = spans.next_steps + excluded.next_steps,
        score = spans.score + excluded.score,
        observed_0 = spans.observed_0 + excluded.observed_0,
        observed_1 = spans.observed_1 + excluded.observed_1,
        observed_2 = spans.observed_2 + excluded.observed_2,
        observed_3 = spans.observed_3 + excluded.observed_3,
        observed_4 = spans.observed_4 + excluded.observed_4,
        observed_5 = spans.observed_5 + excluded.observed_5,
        observed_6 = spans.observed_6 + excluded.observed_6
$$;

CREATE FUNCTION span_reports() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM span_report(old.meeting_id, -1);
        RETURN old;
    END IF;
    PERFORM span_report(new.meeting_id, 1);
    RETURN new;
END
$$;

CREATE TRIGGER report_facts_counted AFTER INSERT ON report_facts
    FOR EACH ROW EXECUTE FUNCTION span_reports();
CREATE TRIGGER report_facts_uncounted BEFORE DELETE ON report_facts
    FOR EACH ROW EXECUTE FUNCTION span_reports();

CREATE TABLE criterion_blocks (
    organization_id BYTEA NOT NULL,
    block           BIGINT NOT NULL,
    name            TEXT NOT NULL,
    score           BIGINT NOT NULL,
    scores          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, block, name)
);

INSERT INTO criterion_blocks
SELECT organization_id, (started_at - (started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000, name, sum(score), count(*)
FROM report_criteria GROUP BY 1, 2, 3;

CREATE TABLE meeting_blocks (
    organization_id BYTEA NOT NULL,
    block           BIGINT NOT NULL,
    status          TEXT NOT NULL,
    -- Empty where a meeting is nobody's.
    user_id         BYTEA NOT NULL,
    total           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, block, status, user_id)
);

INSERT INTO meeting_blocks
SELECT organization_id, (started_at - (started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000, status, coalesce(user_id, ''::bytea), count(*)
FROM meetings GROUP BY 1, 2, 3, 4;

CREATE FUNCTION block_criterion(counted report_criteria, sign BIGINT) RETURNS VOID LANGUAGE sql AS $$
    INSERT INTO criterion_blocks AS blocks VALUES (
        counted.organization_id,
        (counted.started_at - (counted.started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000,
        counted.name, sign * counted.score, sign)
    ON CONFLICT (organization_id, block, name) DO UPDATE
        SET score = blocks.score + excluded.score, scores = blocks.scores + excluded.scores
$$;

CREATE FUNCTION block_criteria() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM block_criterion(old, -1);
    ELSE
        PERFORM block_criterion(new, 1);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER report_criteria_counted AFTER INSERT OR DELETE ON report_criteria
    FOR EACH ROW EXECUTE FUNCTION block_criteria();

CREATE FUNCTION block_meeting(counted meetings, change BIGINT) RETURNS VOID LANGUAGE sql AS $$
    INSERT INTO meeting_blocks AS blocks VALUES (
        counted.organization_id,
        (counted.started_at - (counted.started_at % 1382400000 + 1382400000) % 1382400000) / 1382400000,
        counted.status, coalesce(counted.user_id, ''), change)
    ON CONFLICT (organization_id, block, status, user_id) DO UPDATE
        SET total = blocks.total + excluded.total
$$;

CREATE FUNCTION block_meetings() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM block_meeting(old, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM block_meeting(new, 1);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER meetings_blocked
    AFTER INSERT OR DELETE OR UPDATE OF status, user_id, started_at ON meetings
    FOR EACH ROW EXECUTE FUNCTION block_meetings();
