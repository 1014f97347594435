//! A running product: a database in a folder of its own, and callers with grants.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use mira_core::{
    Access, Admission, Audience, Clock, Decision, Environment, Grant, KeyFacts, KeyId, KeyKind,
    KeyState, OrganizationFacts, OrganizationId, Permission, Presented, Question, RateLimit,
    Subject, Timestamp, decide,
};
use mira_db::{Database, DbError, PostgresOptions, Tx};
use mira_key::KeyDigest;
use mira_meetings::{CoachModel, Meetings, NewId, router};
use mira_outbound::{HttpClient, Model, ModelClient};
use mira_testkit::Postgres;
use mira_wire::{Dialect, RequestId, finish};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;
use uuid::Uuid;

/// Monday, 2026-03-02T12:00:00Z.
pub(crate) const NOON: Timestamp = Timestamp::from_millis(1_772_452_800_000);

pub(crate) struct House {
    pub(crate) meetings: Arc<Meetings>,
    pub(crate) database: Database,
    pub(crate) clock: Arc<ManualClock>,
    _folder: Option<TempDir>,
}

pub(crate) struct ManualClock(AtomicI64);

impl ManualClock {
    pub(crate) fn advance_secs(&self, secs: i64) {
        self.0.fetch_add(secs * 1000, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn data(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json()["data"].clone()
    }

    /// The texts of one member of every entry of the list.
    pub(crate) fn column(&self, member: &str) -> Vec<String> {
        let data = self.data();
        let entries = data.as_array().unwrap().iter();
        entries
            .map(|entry| entry[member].as_str().unwrap().to_owned())
            .collect()
    }

    /// Status and text of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let json = self.json();
        assert!(json["data"].is_null() && json["meta"].is_null());
        let text = json["error"].as_str().unwrap().to_owned();
        (self.status.as_u16(), text)
    }
}

impl House {
    pub(crate) fn open() -> Self {
        Self::with_model(true)
    }

    /// A house whose data is in a PostgreSQL database of its own.
    pub(crate) async fn connect() -> Self {
        let url = Postgres::shared().create_database();
        let connected = mira_meetings::connect(&url, PostgresOptions::default()).await;
        Self::over(connected.unwrap(), None, true)
    }

    pub(crate) fn with_model(has_model: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let database = mira_meetings::open(&folder.path().join("meetings.db")).unwrap();
        Self::over(database, Some(folder), has_model)
    }

    fn over(database: Database, folder: Option<TempDir>, has_model: bool) -> Self {
        let clock = Arc::new(ManualClock(AtomicI64::new(NOON.as_millis())));
        let made = AtomicU64::new(0);
        let new_id: NewId = Arc::new(move || Ok(id(made.fetch_add(1, Ordering::Relaxed))));
        let clock_of_product = Arc::clone(&clock) as Arc<dyn Clock>;
        let meetings = Meetings::new(database.clone(), clock_of_product, new_id);
        meetings.use_model(has_model.then(|| model("http://127.0.0.1:9/v1")));
        Self {
            meetings: Arc::new(meetings),
            database,
            clock,
            _folder: folder,
        }
    }

    pub(crate) async fn get(&self, grant: &Grant, path: &str) -> Reply {
        self.send(grant, "GET", path, "").await
    }

    pub(crate) async fn delete(&self, grant: &Grant, path: &str) -> Reply {
        self.send(grant, "DELETE", path, "").await
    }

    /// Sends a request below the product's prefix, with `body` as JSON unless empty.
    pub(crate) async fn send(&self, grant: &Grant, method: &str, path: &str, body: &str) -> Reply {
        self.send_if(grant, method, path, body, &[]).await
    }

    /// The same, with each of `if_match` in a field of its own.
    pub(crate) async fn send_if(
        &self,
        grant: &Grant,
        method: &str,
        path: &str,
        body: &str,
        if_match: &[&str],
    ) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", mira_meetings::PREFIX))
            .body(Body::from(body.to_owned()))
            .unwrap();
        if !body.is_empty() {
            let kind = "application/json".parse().unwrap();
            request.headers_mut().insert("content-type", kind);
        }
        for tags in if_match {
            request
                .headers_mut()
                .append("if-match", tags.parse().unwrap());
        }
        request.extensions_mut().insert(grant.clone());
        self.send_as_is(request).await
    }

    pub(crate) async fn send_as_is(&self, request: Request<Body>) -> Reply {
        let response = router(Arc::clone(&self.meetings)).oneshot(request).await;
        let response = finish(
            response.unwrap(),
            Dialect::MiraApi,
            RequestId::new(NOON, [0; 10]),
        );
        read(response).await
    }

    /// Makes every report that is due.
    pub(crate) async fn coach(&self) {
        let coach = Arc::clone(&self.meetings).coach();
        // Once nothing is due it waits for more, which here never comes.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(20), async {
            tokio::select! {
                () = coach => {}
                () = self.idle() => {}
            }
        })
        .await;
    }

    /// Until no meeting waits for its report.
    async fn idle(&self) {
        loop {
            let waiting = self
                .database
                .read::<_, DbError, _>(|tx| {
                    Box::pin(async move {
                        let sql = "SELECT meeting_id FROM coaching_queue";
                        match tx {
                            Tx::Sqlite(tx) => Ok(tx.connection().prepare(sql)?.exists([])?),
                            Tx::Postgres(tx) => Ok(!tx.query(sql, &[]).await?.is_empty()),
                        }
                    })
                })
                .await;
            if !waiting.unwrap() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// Writes rows that no operation can make yet.
    pub(crate) async fn execute(&self, sql: impl Into<String>) {
        let sql = sql.into();
        self.database
            .write::<_, DbError, _>(move |tx| {
                Box::pin(async move {
                    match tx {
                        Tx::Sqlite(tx) => Ok(tx.connection().execute_batch(&sql)?),
                        Tx::Postgres(tx) => tx.batch_execute(&bytea(&sql)).await,
                    }
                })
            })
            .await
            .unwrap();
    }

    /// Adds a meeting called `title` that started `secs` after noon.
    pub(crate) async fn add_meeting(
        &self,
        organization: OrganizationId,
        number: u64,
        title: &str,
        secs: i64,
    ) {
        let started_at = NOON.plus_secs(secs).as_millis();
        self.execute(format!(
            "INSERT INTO meetings (id, organization_id, title, status, attendees, started_at,
                 created_at)
             VALUES ({}, {}, '{title}', 'pending', '[]', {started_at}, {started_at})",
            blob(id(number).as_bytes()),
            blob(organization.as_bytes()),
        ))
        .await;
    }
}

/// A model at `base_url`; nobody listens on the discard port.
pub(crate) fn model(base_url: &str) -> CoachModel {
    let model = Model {
        id: "scripted/model".to_owned(),
        name: "model".to_owned(),
        base_url: base_url.to_owned(),
        api_key: None,
    };
    CoachModel {
        client: ModelClient::new(HttpClient::new(), model).unwrap(),
        deadline: std::time::Duration::from_millis(500),
    }
}

/// A UUID version 7 with `number` in it.
pub(crate) fn id(number: u64) -> Uuid {
    Uuid::from_u128(0x019c_ae68_a200_7000_8000_0000_0000_0000 | u128::from(number))
}

pub(crate) fn organization(number: u8) -> OrganizationId {
    OrganizationId::new(NOON, [number; 10])
}

/// What the edge hands over after it has accepted an administrator's key.
pub(crate) fn grant(organization_id: OrganizationId) -> Grant {
    let key = KeyFacts {
        id: KeyId::new(NOON, [1; 10]),
        organization_id,
        kind: KeyKind::Organization {
            permissions: [Permission::Admin].into_iter().collect(),
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
        now: NOON,
    };
    match decide(&question).unwrap().charge(Admission::Admitted(None)) {
        Decision::Allow(grant) => grant,
        Decision::Deny(denied) => panic!("denied: {denied:?}"),
    }
}

/// Bytes as a literal of SQL.
pub(crate) fn blob(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut literal = String::from("x'");
    for byte in bytes {
        write!(literal, "{byte:02x}").unwrap();
    }
    literal + "'"
}

/// The same SQL with the blobs as PostgreSQL writes them.
fn bytea(sql: &str) -> String {
    let mut parts = sql.split("x'");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |sql, part| format!("{sql}'\\x{part}"))
}

async fn read(response: Response) -> Reply {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Reply {
        status: head.status,
        headers: head.headers,
        text: String::from_utf8(body.to_vec()).unwrap(),
    }
}
