//! A node over a store in a folder of its own, with a clock moved by hand.

use std::path::PathBuf;
use std::sync::Arc;

use mira_core::{
    Access, Actor, App, AppId, Change, Decision, Denial, Environment, KeyFacts, KeyId, KeyKind,
    KeyRecord, KeyState, MicroUsd, Organization, OrganizationId, OrganizationState, Origin,
    Permission, RateLimit, Subscription, Timestamp,
};
use mira_db::Database;
use mira_key::{KeyDigest, ServiceName};
use mira_node::Node;
use mira_store::changelog::{self, Seq};
use mira_store::{StoreError, apps, keys, organizations};
use mira_verifier::{BootClock, Credential, Limits, ManualTime, Resolved, Verifier};

pub(crate) const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

pub(crate) const ORGANIZATION_KEY: &[u8] = b"a key of the organization";
const APP_KEY: &[u8] = b"a key of the app";

/// A store that holds an organization, an app and a key of each, and its node.
pub(crate) struct Scene {
    pub(crate) db: Database,
    pub(crate) node: Arc<Node>,
    pub(crate) time: ManualTime,
    pub(crate) key: KeyRecord,
    app: App,
    folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) async fn new() -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let db = mira_store::open(&folder.path().join("store.db")).unwrap();
        let (key, app) = fill(&db).await;
        let (clock, time) = BootClock::manual(START);
        let verifier = Arc::new(Verifier::new(Limits::default(), clock));
        let node = Node::start(db.clone(), verifier).await.unwrap();
        Arc::new(Self {
            db,
            node,
            time,
            key,
            app,
            folder,
        })
    }

    /// Commits another state of the organization key; the verifier is not told.
    pub(crate) async fn commit(&self, state: KeyState) -> Seq {
        commit(&self.db, &self.key, state).await
    }

    /// Commits a few balances of the app at once, each its own place in the
    /// changelog below zero; the verifier is not told.
    pub(crate) async fn commit_balances(&self) -> Seq {
        let app_id = self.app.id;
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let mut head = changelog::head(tx).await?.seq;
                    for _ in 0..20 {
                        let next = i64::try_from(head.number() + 1).unwrap();
                        head = changelog::append(tx, START, &balance(app_id, -next)).await?;
                    }
                    Ok::<_, StoreError>(head)
                })
            })
            .await
            .unwrap()
    }

    /// Issues `count` more keys of the organization, which the verifier knows.
    pub(crate) async fn add_keys(&self, count: u32) -> Vec<String> {
        let texts: Vec<String> = (0..count).map(|number| format!("key {number}")).collect();
        let (sample, added) = (self.key.clone(), texts.clone());
        let issue = self.db.write(move |tx| {
            Box::pin(async move {
                let mut head = Seq::START;
                for (number, text) in (1..).zip(&added) {
                    let mut record = sample.clone();
                    let unique = u128::to_be_bytes(number);
                    record.facts.id = KeyId::new(START, *unique.last_chunk().unwrap());
                    keys::insert(tx, &record, &KeyDigest::of(text.as_bytes())).await?;
                    head = changelog::append(tx, START, &change(text.as_bytes(), &record)).await?;
                }
                Ok::<_, StoreError>(head)
            })
        });
        let head = issue.await.unwrap();
        self.node.barrier(head, None).await.unwrap();
        texts
    }

    /// The last place in the changelog.
    pub(crate) async fn head(&self) -> Seq {
        self.db
            .read(|tx| Box::pin(async move { Ok::<_, StoreError>(changelog::head(tx).await?.seq) }))
            .await
            .unwrap()
    }

    /// What the organization key gets to hear.
    pub(crate) async fn ask(&self) -> Heard {
        self.ask_for(&Access::ANY).await
    }

    pub(crate) async fn ask_for(&self, access: &Access) -> Heard {
        hear(&self.node, ORGANIZATION_KEY, access).await
    }

    /// Takes a table away, through a connection that the store knows nothing of.
    pub(crate) fn hide(&self, table: &str) {
        self.run(&format!("ALTER TABLE {table} RENAME TO hidden_{table}"));
    }

    pub(crate) fn bring_back(&self, table: &str) {
        self.run(&format!("ALTER TABLE hidden_{table} RENAME TO {table}"));
    }

    pub(crate) fn run(&self, sql: &str) {
        let path: PathBuf = self.folder.path().join("store.db");
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.execute_batch(sql).unwrap();
    }
}

/// Puts an organization, an app and a key of each into a store.
pub(crate) async fn fill(db: &Database) -> (KeyRecord, App) {
    let organization = organization();
    let app = app(organization.id);
    let permissions = [Permission::Read].into_iter().collect();
    let key = key_of(1, organization.id, KeyKind::Organization { permissions });
    let kind = KeyKind::App {
        app_id: app.id,
        service: ServiceName::VERIFY,
    };
    let of_app = key_of(2, organization.id, kind);
    let (stored, facts) = ((app.clone(), key.clone()), organization.facts());
    db.write(move |tx| {
        Box::pin(async move {
            organizations::insert(tx, &organization).await?;
            changelog::append(tx, START, &Change::Organization(facts)).await?;
            apps::insert(tx, &stored.0).await?;
            changelog::append(tx, START, &balance(stored.0.id, 1)).await?;
            for (record, text) in [(&stored.1, ORGANIZATION_KEY), (&of_app, APP_KEY)] {
                keys::insert(tx, record, &KeyDigest::of(text)).await?;
                changelog::append(tx, START, &change(text, record)).await?;
            }
            Ok::<_, StoreError>(())
        })
    })
    .await
    .unwrap();
    (key, app)
}

/// Commits another state of the organization key; no verifier is told.
pub(crate) async fn commit(db: &Database, key: &KeyRecord, state: KeyState) -> Seq {
    let mut record = key.clone();
    record.facts.state = state;
    db.write(move |tx| {
        Box::pin(async move {
            keys::update(tx, &record).await?;
            changelog::append(tx, START, &change(ORGANIZATION_KEY, &record)).await
        })
    })
    .await
    .unwrap()
}

/// Asks for no unit of a window, which the store gives by its own clock.
const UNCOUNTED: Access = Access {
    limits_key: false,
    ..Access::ANY
};

/// What the organization key gets to hear from `node`.
pub(crate) async fn ask(node: &Node) -> Heard {
    hear(node, ORGANIZATION_KEY, &UNCOUNTED).await
}

/// An answer in one word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Heard {
    Yes,
    No(Denial),
    Unavailable,
}

/// The place in the changelog that the verifier knows the app's balance from.
pub(crate) async fn known_place(node: &Node) -> Seq {
    let access = Access {
        is_metered: true,
        cost: 0,
        ..Access::ANY
    };
    match hear(node, APP_KEY, &access).await {
        Heard::No(Denial::InsufficientBalance(balance)) => {
            Seq::from_number(balance.as_micros().unsigned_abs())
        }
        other => panic!("a balance below zero was expected, not {other:?}"),
    }
}

fn balance(id: AppId, micros: i64) -> Change {
    Change::App {
        id,
        balance: MicroUsd::from_micros(micros),
    }
}

async fn hear(node: &Node, key: &[u8], access: &Access) -> Heard {
    match node.verify(&Credential::Presented(key), access).await {
        Resolved::Decided(Decision::Allow(_)) => Heard::Yes,
        Resolved::Decided(Decision::Deny(denied)) => Heard::No(denied.denial),
        Resolved::Unavailable => Heard::Unavailable,
    }
}

fn change(key: &[u8], record: &KeyRecord) -> Change {
    Change::Key {
        digest: KeyDigest::of(key),
        facts: record.facts.clone(),
    }
}

fn organization() -> Organization {
    Organization {
        id: OrganizationId::new(START, [1; 10]),
        name: "Acme".to_owned(),
        state: OrganizationState::Active,
        subscription: Subscription::OPERATOR,
        created_at: START,
    }
}

fn app(organization_id: OrganizationId) -> App {
    App {
        id: AppId::new(START, [1; 10]),
        organization_id,
        name: "Helpdesk".to_owned(),
        balance: MicroUsd::ZERO,
        low_balance_threshold: None,
        created_at: START,
    }
}

fn key_of(number: u8, organization_id: OrganizationId, kind: KeyKind) -> KeyRecord {
    KeyRecord {
        facts: KeyFacts {
            id: KeyId::new(START, [number; 10]),
            organization_id,
            kind,
            environment: Environment::Production,
            state: KeyState::Active,
            expires_at: None,
            ip_allowlist: None,
            rate_limit: RateLimit::default(),
        },
        name: "nightly export".to_owned(),
        prefix: "mira_live_a1B2".to_owned(),
        origin: Origin {
            created_at: START,
            created_by: Actor::System,
            rotated_from: None,
        },
        last_used_at: None,
        rotated_to: None,
    }
}

/// Issues an organization key with a checksum; no verifier is told.
pub(crate) async fn issue(db: &Database, organization_id: OrganizationId) -> String {
    let permissions = [Permission::Read].into_iter().collect();
    let record = key_of(3, organization_id, KeyKind::Organization { permissions });
    let key = mira_key::ApiKey::generate(mira_key::Family::Organization, &Sevens).unwrap();
    let text = key.expose().to_owned();
    let change = change(text.as_bytes(), &record);
    let digest = key.digest();
    db.write(move |tx| {
        Box::pin(async move {
            keys::insert(tx, &record, &digest).await?;
            changelog::append(tx, START, &change).await
        })
    })
    .await
    .unwrap();
    text
}

/// What `key` gets to hear from `node`.
pub(crate) async fn ask_with(node: &Node, key: &str) -> Heard {
    hear(node, key.as_bytes(), &UNCOUNTED).await
}

struct Sevens;

impl mira_key::Entropy for Sevens {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), mira_key::EntropyError> {
        bytes.fill(7);
        Ok(())
    }
}
