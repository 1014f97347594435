//! Databases, a clock that is moved by hand, and things to put into them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use mira_core::{Clock, MessageId, OrganizationId, Timestamp, WebhookId};
use mira_db::{Database, Postgres, PostgresOptions, Sqlite};
use mira_key::{Entropy, EntropyError};
use mira_webhook::{Event, Message, SigningSecret, Webhook, WebhookSecrets};
use serde_json::json;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(crate) const ORGANIZATION: OrganizationId = OrganizationId::from_bytes([1; 16]);

/// An empty database of each kind with both sets of tables.
pub(crate) async fn databases() -> Vec<Database> {
    let folder: PathBuf = tempfile::tempdir().unwrap().keep();
    let sqlite = Sqlite::open(
        &folder.join("webhooks.db"),
        [
            mira_webhook::endpoint_migrations(),
            mira_webhook::queue_migrations(),
        ],
    );
    let url = mira_testkit::Postgres::shared().create_database();
    let postgres = Postgres::connect(
        &url,
        PostgresOptions::default(),
        [
            mira_webhook::endpoint_postgres_migrations(),
            mira_webhook::queue_postgres_migrations(),
        ],
    );
    vec![
        Database::Sqlite(sqlite.unwrap()),
        Database::Postgres(postgres.await.unwrap()),
    ]
}

/// Runs one operation in a transaction that writes.
macro_rules! write {
    ($db:expr, |$tx:ident| $work:expr) => {{
        let work = $db.write(move |$tx| Box::pin(async move { $work.await }));
        let done: Result<_, mira_db::DbError> = work.await;
        done.unwrap()
    }};
}

pub(crate) use write;

/// Time that passes when it is told to.
pub(crate) struct ManualClock(AtomicI64);

impl ManualClock {
    pub(crate) fn new() -> Self {
        Self(AtomicI64::new(NOW.as_millis()))
    }

    pub(crate) fn advance(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Bytes that differ each time, and that anybody can predict.
pub(crate) struct Counting;

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (byte, digit) in bytes.iter_mut().rev().zip(number.iter().rev().cycle()) {
            *byte = *digit;
        }
        Ok(())
    }
}

pub(crate) fn webhook(url: &str, events: &[Event]) -> Webhook {
    Webhook {
        id: WebhookId::generate(NOW, &Counting).unwrap(),
        organization_id: ORGANIZATION,
        url: url.parse().unwrap(),
        description: "CRM".to_owned(),
        events: events.iter().copied().collect(),
        is_enabled: true,
        secrets: WebhookSecrets::new(SigningSecret::generate(&Counting).unwrap()),
        created_at: NOW,
    }
}

pub(crate) fn message(event: Event) -> Message {
    Message {
        id: MessageId::generate(NOW, &Counting).unwrap(),
        organization_id: ORGANIZATION,
        event,
        data: json!({"meeting_id": "01930c3e-7a4b-7c2d-8e1f-0a1b2c3d4e5f"}),
        at: NOW,
    }
}

pub(crate) async fn insert(db: &Database, webhook: &Webhook) {
    let webhook = webhook.clone();
    write!(db, |tx| mira_webhook::insert(tx, &webhook));
}

pub(crate) async fn enqueue(db: &Database, message: &Message) {
    let message = message.clone();
    write!(db, |tx| mira_webhook::enqueue(tx, &message));
}
