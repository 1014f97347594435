//! How long insights and team stats take: over HTTP types but no socket, in one
//! organization with 100,000 meetings of two years, in SQLite.
//! `cargo xtask bench insights`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and its stopwatch is its own"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use mira_core::{
    Access, Admission, Audience, Clock, Decision, Environment, Grant, KeyFacts, KeyId, KeyKind,
    KeyState, OrganizationFacts, OrganizationId, Permission, Presented, Question, RateLimit,
    Subject, Timestamp, decide,
};
use mira_db::{Database, DbError, Tx};
use mira_key::KeyDigest;
use mira_meetings::{Meetings, NewId, PREFIX, router};
use tower::ServiceExt as _;
use uuid::Uuid;

const MEETINGS: u32 = 100_000;
const ROUNDS: usize = 100;
/// 2026-03-02T12:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_772_452_800_000);

struct Frozen;

impl Clock for Frozen {
    fn now(&self) -> Timestamp {
        NOW
    }
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let database = mira_meetings::open(&folder.path().join("meetings.db")).unwrap();
    let organization = OrganizationId::new(NOW, [1; 10]);
    fill(&database, organization).await;
    let new_id: NewId = Arc::new(|| Ok(Uuid::nil()));
    let meetings = Meetings::new(database.clone(), Arc::new(Frozen), new_id);
    let router = router(Arc::new(meetings));
    let grant = grant(organization);
    println!("{MEETINGS} meetings, {ROUNDS} rounds; p50, p95 in ms");
    for (name, path) in [
        ("insights, 30 days", "/insights"),
        ("team stats, 30 days", "/team/stats"),
        ("insights, a year", "/insights?from=2025-03-02"),
        ("team stats, a year", "/team/stats?from=2025-03-02"),
        ("insights, everything", "/insights?from=2024-03-01"),
        ("team stats, everything", "/team/stats?from=2024-03-01"),
    ] {
        let mut took = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = format!("{PREFIX}{path}").parse().unwrap();
            request.extensions_mut().insert(grant.clone());
            let begun = Instant::now();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            response.into_body().collect().await.unwrap();
            took.push(begun.elapsed());
        }
        took.sort();
        let ms = |took: Duration| took.as_secs_f64() * 1000.0;
        let (p50, p95) = (took[ROUNDS / 2], took[ROUNDS * 95 / 100]);
        println!("{name:24} {:8.2} {:8.2}", ms(p50), ms(p95));
    }
    database.close().await.unwrap();
}

/// Writes the meetings with the facts and scores that their reports would leave.
async fn fill(database: &Database, organization: OrganizationId) {
    let bytes = Uuid::from_bytes(*organization.as_bytes());
    let bytes = bytes.simple();
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {MEETINGS})
         INSERT INTO meetings (id, organization_id, title, status, user_id, attendees, started_at,
             created_at)
         SELECT unhex(printf('019cae68a20070008000%012x', i)), x'{bytes}', 'Meeting',
             iif(i % 10 = 0, 'no_transcript', 'completed'),
             unhex(printf('019cae68a20070009000%012x', i % 25)), '[]',
             {now} - i * {apart}, 0
         FROM n;
         INSERT INTO report_facts
         SELECT organization_id, started_at, id, user_id, 1800000, 900000 + rowed * 7 % 600000,
             rowed % 20, rowed % 30, 60000 + rowed % 120000, 4000, rowed % 50, rowed % 5,
             rowed % 3, rowed % 128, iif(rowed % 2 = 0, rowed % 100, NULL)
         FROM (SELECT *, row_number() OVER () AS rowed FROM meetings WHERE status = 'completed');
         INSERT INTO report_criteria
         SELECT organization_id, started_at, meeting_id, c.column1, c.column2, score
         FROM report_facts, (VALUES (1, 'Discovery'), (2, 'Listening'), (3, 'Objections'),
             (4, 'Next step')) AS c WHERE score IS NOT NULL;
         ANALYZE;",
        now = NOW.as_millis(),
        apart = 2 * 365 * 86_400_000_i64 / i64::from(MEETINGS),
    );
    let filled = database.write::<_, DbError, _>(move |tx| {
        Box::pin(async move {
            match tx {
                Tx::Sqlite(tx) => Ok(tx.connection().execute_batch(&sql)?),
                Tx::Postgres(_) => Ok(()),
            }
        })
    });
    filled.await.unwrap();
}

fn grant(organization_id: OrganizationId) -> Grant {
    let key = KeyFacts {
        id: KeyId::new(NOW, [1; 10]),
        organization_id,
        kind: KeyKind::Organization {
            permissions: [Permission::Read].into_iter().collect(),
        },
        environment: Environment::Production,
        state: KeyState::Active,
        expires_at: None,
        ip_allowlist: None,
        rate_limit: RateLimit::default(),
    };
    let organization = OrganizationFacts {
        id: organization_id,
        is_suspended: false,
        subscribed_until: Timestamp::MAX,
    };
    let access = Access {
        audience: Audience::Organization,
        ..Access::ANY
    };
    let question = Question {
        presented: Presented::Known(Subject {
            digest: KeyDigest::of(b"a key"),
            key: key.view(),
            organization,
            balance: None,
        }),
        access: &access,
        now: NOW,
    };
    match decide(&question).unwrap().charge(Admission::Admitted(None)) {
        Decision::Allow(grant) => grant,
        Decision::Deny(denied) => panic!("denied: {denied:?}"),
    }
}
