//! What team stats and insights are made of: the numbers of reports, summed up over
//! a period.

use std::collections::BTreeMap;

use mira_core::OrganizationId;
use mira_db::{DbError, Tx};
use uuid::Uuid;

use crate::facts::{Facts, OBSERVATIONS};
use crate::meeting::{Meeting, MeetingStatus};
use crate::period::{DAY_MS, Period};
use crate::report::{CriterionScore, Report};
use crate::sql::{self, Columns, params};
use crate::store::spans::{Cut, Ranges};

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
    // By their names, so that transactions which sum them up wait for each other and
    // never in a circle.
    let mut criteria: Vec<_> = (1_i64..).zip(&report.verdict.criteria).collect();
    criteria.sort_by_key(|(_, criterion)| &criterion.name);
    for (position, criterion) in criteria {
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

/// The sums of each of `periods`, with its number from 0. Those without reports are
/// left out.
pub(crate) async fn by_period(
    tx: &mut Tx,
    organization: OrganizationId,
    periods: impl IntoIterator<Item = Period>,
) -> Result<BTreeMap<u64, Facts>, DbError> {
    let cut = Cut::new(periods, DAY_MS);
    let mut found = BTreeMap::<u64, Facts>::new();
    for (ranges, source) in [(&cut.edges, REPORTS), (&cut.spans, DAYS)] {
        for (period, (), facts) in sums(tx, organization, ranges, source, |_| Ok(())).await? {
            let sum = found.entry(period).or_default();
            *sum = sum.plus(&facts);
        }
    }
    found.retain(|_, facts| facts.reports > 0);
    Ok(found)
}

/// The sums of a period, each with the person whose meetings they are of.
pub(crate) async fn by_user(
    tx: &mut Tx,
    organization: OrganizationId,
    period: Period,
) -> Result<BTreeMap<Option<Uuid>, Facts>, DbError> {
    let cut = Cut::new([period], BLOCK_MS);
    let mut found = BTreeMap::<Option<Uuid>, Facts>::new();
    for (ranges, source) in [
        (&cut.edges, REPORTS_OF_USERS),
        (&cut.spans, BLOCKS_OF_USERS),
    ] {
        let user = |columns: &mut Columns<'_>| columns.take();
        for (_, user, facts) in sums(tx, organization, ranges, source, user).await? {
            let sum = found.entry(user).or_default();
            *sum = sum.plus(&facts);
        }
    }
    found.retain(|_, facts| facts.reports > 0);
    Ok(found)
}

/// How many meetings of each person have each status.
pub(crate) async fn statuses(
    tx: &mut Tx,
    organization: OrganizationId,
    period: Period,
) -> Result<BTreeMap<(Option<Uuid>, MeetingStatus), u64>, DbError> {
    let cut = Cut::new([period], BLOCK_MS);
    let mut found = BTreeMap::new();
    for (ranges, source, count) in [
        (&cut.edges, MEETINGS, "count(*)"),
        (&cut.spans, BLOCKS_OF_MEETINGS, "CAST(sum(total) AS BIGINT)"),
    ] {
        let read = |columns: &mut Columns<'_>| {
            let whose = (columns.take()?, columns.word()?);
            Ok((whose, columns.take::<u64>()?))
        };
        for (_, (whose, count)) in gather(tx, organization, ranges, source, count, read).await? {
            *found.entry(whose).or_default() += count;
        }
    }
    found.retain(|_, count| *count > 0);
    Ok(found)
}

/// The criteria with the lowest mean scores, each with its sum and its count.
pub(crate) async fn weakest_criteria(
    tx: &mut Tx,
    organization: OrganizationId,
    period: Period,
    limit: usize,
) -> Result<Vec<(String, i64, i64)>, DbError> {
    let cut = Cut::new([period], BLOCK_MS);
    let mut found = BTreeMap::<String, (i64, i64)>::new();
    for (ranges, source, scores) in [
        (&cut.edges, CRITERIA, "count(*)"),
        (
            &cut.spans,
            BLOCKS_OF_CRITERIA,
            "CAST(sum(scores) AS BIGINT)",
        ),
    ] {
        let sums = format!("CAST(sum(score) AS BIGINT), {scores}");
        let read = |columns: &mut Columns<'_>| {
            Ok((
                columns.take()?,
                columns.take::<i64>()?,
                columns.take::<i64>()?,
            ))
        };
        let rows = gather(tx, organization, ranges, source, &sums, read).await?;
        for (_, (name, score, scores)) in rows {
            let sum = found.entry(name).or_default();
            *sum = (sum.0 + score, sum.1 + scores);
        }
    }
    let found = found.into_iter().filter(|(_, (_, scores))| *scores > 0);
    let mut found: Vec<_> = found
        .map(|(name, (sum, scores))| (name, sum, scores))
        .collect();
    // Which of two means is lower, without dividing; equal ones keep the order of names.
    let mean = |one: &(String, i64, i64), other: &(String, i64, i64)| {
        (i128::from(one.1) * i128::from(other.2)).cmp(&(i128::from(other.1) * i128::from(one.2)))
    };
    found.sort_by(mean);
    found.truncate(limit);
    Ok(found)
}

/// Where rows are, how they are told apart within a range, and which are in it.
#[derive(Clone, Copy)]
struct Source {
    table: &'static str,
    key: &'static str,
    range: &'static str,
}

/// The days of a block; see the tables' migration.
const BLOCK_MS: i64 = 16 * DAY_MS;

const SINCE: &str = "started_at >= low AND started_at < high";
const BLOCK: &str = "block >= low AND block < high";
/// The user of a kept sum, which is empty where there is none.
const KEPT_USER: &str = "CASE WHEN length(user_id) = 0 THEN NULL ELSE user_id END, ";

const REPORTS: Source = Source {
    table: "report_sums",
    key: "",
    range: SINCE,
};
const DAYS: Source = Source {
    table: "report_spans",
    key: "",
    range: "days = 1 AND span >= low AND span < high",
};
const REPORTS_OF_USERS: Source = Source {
    key: "user_id, ",
    ..REPORTS
};
const BLOCKS_OF_USERS: Source = Source {
    table: "report_spans",
    key: KEPT_USER,
    range: "days = 16 AND span >= low AND span < high",
};
const MEETINGS: Source = Source {
    table: "meetings",
    key: "user_id, status, ",
    range: SINCE,
};
const BLOCKS_OF_MEETINGS: Source = Source {
    table: "meeting_blocks",
    key: "CASE WHEN length(user_id) = 0 THEN NULL ELSE user_id END, status, ",
    range: BLOCK,
};
const CRITERIA: Source = Source {
    table: "report_criteria",
    key: "name, ",
    range: SINCE,
};
const BLOCKS_OF_CRITERIA: Source = Source {
    table: "criterion_blocks",
    key: "name, ",
    range: BLOCK,
};

/// The sums of reports in each range, by the key of `source`.
async fn sums<K>(
    tx: &mut Tx,
    organization: OrganizationId,
    ranges: &Ranges,
    source: Source,
    key: impl Fn(&mut Columns<'_>) -> Result<K, DbError>,
) -> Result<Vec<(u64, K, Facts)>, DbError> {
    let sum = |column: &String| format!("CAST(coalesce(sum({column}), 0) AS BIGINT)");
    let columns: Vec<String> = columns().iter().map(sum).collect();
    let read = |columns: &mut Columns<'_>| Ok((key(columns)?, read(columns)?));
    let rows = gather(tx, organization, ranges, source, &columns.join(", "), read).await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(period, (key, facts))| (period, key, facts))
        .collect())
}

/// What `read` reads of each range of a source, by the source's key: the key's columns
/// and then `columns`. Each with the number of the period.
async fn gather<T>(
    tx: &mut Tx,
    organization: OrganizationId,
    ranges: &Ranges,
    source: Source,
    columns: &str,
    read: impl Fn(&mut Columns<'_>) -> Result<T, DbError>,
) -> Result<Vec<(u64, T)>, DbError> {
    if ranges.is_empty() {
        return Ok(Vec::new());
    }
    let sql = query(tx, ranges, source, columns);
    let rows = sql::rows(tx, &sql, &ranges.values(organization), |columns| {
        Ok((columns.take::<u64>()?, read(columns)?))
    })
    .await?;
    let period = |part| ranges.period(usize::try_from(part).ok()?);
    let rows = rows.into_iter();
    Ok(rows
        .filter_map(|(part, row)| Some((period(part)?, row)))
        .collect())
}

/// One walk along an index for each range. Left to itself, PostgreSQL takes a range that
/// it does not know for a third of the table and reads all of that; SQLite keeps the
/// order of a CROSS JOIN.
fn query(tx: &Tx, ranges: &Ranges, source: Source, columns: &str) -> String {
    let Source { table, key, range } = source;
    let with = ranges.with();
    let of_range = format!("{table} WHERE organization_id = $1 AND {range}");
    let group = key.trim_end_matches(", ");
    match tx {
        Tx::Sqlite(_) => {
            let comma = if group.is_empty() { "" } else { ", " };
            format!(
                "{with} SELECT n, {key}{columns} FROM part CROSS JOIN {of_range}
                 GROUP BY n{comma}{group}"
            )
        }
        Tx::Postgres(_) => {
            let by = if group.is_empty() { "" } else { "GROUP BY " };
            format!(
                "{with} SELECT CAST(n AS BIGINT), found.* FROM part CROSS JOIN LATERAL
                 (SELECT {key}{columns} FROM {of_range} {by}{group}) AS found"
            )
        }
    }
}

/// The columns that [`read`] reads, of reports and of kept sums alike.
fn columns() -> Vec<String> {
    let named = [
        "reports",
        "hosted",
        "scored",
        "talk_ms",
        "hosted_talk_ms",
        "host_talk_ms",
        "host_questions",
        "questions",
        "longest_ms",
        "words",
        "filler_words",
        "interruptions",
        "next_steps",
        "score",
    ];
    let observed = (0..OBSERVATIONS).map(|bit| format!("observed_{bit}"));
    named
        .map(str::to_owned)
        .into_iter()
        .chain(observed)
        .collect()
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
