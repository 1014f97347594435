//! What team stats and insights are made of: the numbers of reports, summed up over
//! a period.

use mira_core::OrganizationId;
use mira_db::{DbError, Tx};
use uuid::Uuid;

use crate::facts::{Facts, OBSERVATIONS};
use crate::meeting::{Meeting, MeetingStatus};
use crate::period::Period;
use crate::report::{CriterionScore, Report};
use crate::sql::{self, Columns, params};

/// Notes the numbers of a report, which is the first or newest of its meeting.
pub(crate) async fn insert(
    tx: &mut Tx,
    organization: OrganizationId,
    meeting: &Meeting,
    report: &Report,
) -> Result<(), DbError> {
    for table in ["report_facts", "report_criteria"] {
        let sql = format!("DELETE FROM {table} WHERE meeting_id = $1");
        sql::change(tx, &sql, &params![meeting.id]).await?;
    }
    if let Some(facts) = Facts::of(report) {
        insert_facts(tx, organization, meeting, &facts).await?;
    }
    for (position, criterion) in (1_i64..).zip(&report.verdict.criteria) {
        let CriterionScore { name, score, .. } = criterion;
        sql::change(
            tx,
            "INSERT INTO report_criteria (organization_id, started_at, meeting_id, position, name,
                 score)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &params![
                organization,
                meeting.started_at,
                meeting.id,
                position,
                name,
                *score
            ],
        )
        .await?;
    }
    Ok(())
}

async fn insert_facts(
    tx: &mut Tx,
    organization: OrganizationId,
    meeting: &Meeting,
    facts: &Facts,
) -> Result<(), DbError> {
    let host = facts.hosted > 0;
    let bits = (0_u32..).zip(facts.observations);
    let observations: i64 = bits.map(|(bit, count)| count << bit).sum();
    sql::change(
        tx,
        "INSERT INTO report_facts (organization_id, started_at, meeting_id, user_id, talk_ms,
             host_talk_ms, host_questions, questions, longest_ms, words, filler_words,
             interruptions, next_steps, observations, score)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &params![
            organization,
            meeting.started_at,
            meeting.id,
            meeting.user_id,
            facts.talk_ms,
            host.then_some(facts.host_talk_ms),
            host.then_some(facts.host_questions),
            facts.questions,
            facts.longest_ms,
            facts.words,
            facts.filler_words,
            facts.interruptions,
            facts.next_steps,
            observations,
            (facts.scored > 0).then_some(facts.score),
        ],
    )
    .await?;
    Ok(())
}

/// The sums of a period, each with the person whose meetings they are of.
pub(crate) async fn by_user(
    tx: &mut Tx,
    organization: OrganizationId,
    period: Period,
) -> Result<Vec<(Option<Uuid>, Facts)>, DbError> {
    let sql = format!(
        "SELECT user_id, {} FROM report_facts {PERIOD} GROUP BY user_id",
        sums()
    );
    let values = params![organization, period.from, period.to];
    sql::rows(tx, &sql, &values, |columns| {
        Ok((columns.take()?, read(columns)?))
    })
    .await
}

/// The sums of each stretch of `stretch_ms` in a period, with its number from 0.
/// Stretches without reports are left out.
pub(crate) async fn by_stretch(
    tx: &mut Tx,
    organization: OrganizationId,
    period: Period,
    stretch_ms: i64,
) -> Result<Vec<(u64, Facts)>, DbError> {
    let sql = format!(
        "SELECT (started_at - $2) / $4, {} FROM report_facts {PERIOD} GROUP BY 1 ORDER BY 1",
        sums()
    );
    let values = params![organization, period.from, period.to, stretch_ms];
    sql::rows(tx, &sql, &values, |columns| {
        Ok((columns.take()?, read(columns)?))
    })
    .await
}

/// How many meetings of each person have each status.
pub(crate) async fn statuses(
    tx: &mut Tx,
    organization: OrganizationId,
    period: Period,
) -> Result<Vec<(Option<Uuid>, MeetingStatus, u64)>, DbError> {
    let sql =
        format!("SELECT user_id, status, count(*) FROM meetings {PERIOD} GROUP BY user_id, status");
    let values = params![organization, period.from, period.to];
    let status =
        |columns: &mut Columns<'_>| Ok((columns.take()?, columns.word()?, columns.take()?));
    sql::rows(tx, &sql, &values, status).await
}

/// The criteria with the lowest mean scores, each with its sum and its count.
pub(crate) async fn weakest_criteria(
    tx: &mut Tx,
    organization: OrganizationId,
    period: Period,
    limit: u32,
) -> Result<Vec<(String, i64, i64)>, DbError> {
    let sql = format!(
        "SELECT name, CAST(sum(score) AS BIGINT), count(*) FROM report_criteria {PERIOD}
         GROUP BY name ORDER BY avg(score), name LIMIT $4"
    );
    let values = params![organization, period.from, period.to, limit];
    sql::rows(tx, &sql, &values, |columns| {
        Ok((columns.take()?, columns.take()?, columns.take()?))
    })
    .await
}

const PERIOD: &str = "WHERE organization_id = $1 AND started_at >= $2 AND started_at < $3";

/// The columns that [`read`] reads.
fn sums() -> String {
    let mut sums: Vec<String> = [
        "talk_ms",
        "CASE WHEN host_talk_ms IS NULL THEN 0 ELSE talk_ms END",
        "host_talk_ms",
        "host_questions",
        "questions",
        "longest_ms",
        "words",
        "filler_words",
        "interruptions",
        "next_steps",
        "score",
    ]
    .iter()
    .map(|column| sum(column))
    .collect();
    sums.extend((0..OBSERVATIONS).map(|bit| sum(&format!("(observations >> {bit}) & 1"))));
    format!(
        "count(*), count(host_talk_ms), count(score), {}",
        sums.join(", ")
    )
}

fn sum(expression: &str) -> String {
    format!("CAST(coalesce(sum({expression}), 0) AS BIGINT)")
}

fn read(columns: &mut Columns<'_>) -> Result<Facts, DbError> {
    let mut facts = Facts {
        reports: columns.take()?,
        hosted: columns.take()?,
        scored: columns.take()?,
        talk_ms: columns.take()?,
        hosted_talk_ms: columns.take()?,
        host_talk_ms: columns.take()?,
        host_questions: columns.take()?,
        questions: columns.take()?,
        longest_ms: columns.take()?,
        words: columns.take()?,
        filler_words: columns.take()?,
        interruptions: columns.take()?,
        next_steps: columns.take()?,
        score: columns.take()?,
        observations: [0; OBSERVATIONS],
    };
    for count in &mut facts.observations {
        *count = columns.take()?;
    }
    Ok(facts)
}
