//! Things to put into a store.

use std::sync::atomic::{AtomicU64, Ordering};

use mira_core::{
    Actor, App, AppId, Environment, KeyFacts, KeyId, KeyKind, KeyRecord, KeyState, MicroUsd,
    Organization, OrganizationId, OrganizationState, Origin, Permission, RateLimit, Role,
    Subscription, Timestamp, TransactionId, User, UserId,
};
use mira_db::{Database, DbError, PostgresOptions, Tx};
use mira_key::{KeyDigest, ServiceName};
use mira_store::ledger::{Movement, TransactionType};
use mira_store::{StoreError, apps, organizations, users};
use mira_testkit::Postgres;

use crate::write;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A store in a PostgreSQL database of its own.
pub(crate) async fn connect() -> Database {
    let url = Postgres::shared().create_database();
    let options = PostgresOptions::default();
    mira_store::connect(&url, options).await.unwrap()
}

/// Ten bytes that nobody else gets, so that ids made in one millisecond differ.
pub(crate) fn unique() -> [u8; 10] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; 10];
    let (_, low) = bytes.split_at_mut(2);
    low.copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes
}

pub(crate) fn organization() -> Organization {
    Organization {
        id: OrganizationId::new(NOW, unique()),
        name: "Acme".to_owned(),
        state: OrganizationState::Active,
        subscription: Subscription::NONE,
        created_at: NOW,
    }
}

pub(crate) fn user(organization_id: OrganizationId, email: &str, role: Role) -> User {
    User {
        id: UserId::new(NOW, unique()),
        organization_id,
        email: email.to_owned(),
        name: "Ann".to_owned(),
        role,
        created_at: NOW,
    }
}

pub(crate) fn app(organization_id: OrganizationId) -> App {
    App {
        id: AppId::new(NOW, unique()),
        organization_id,
        name: "Helpdesk".to_owned(),
        balance: MicroUsd::ZERO,
        low_balance_threshold: None,
        created_at: NOW,
    }
}

pub(crate) fn organization_key(organization_id: OrganizationId) -> KeyRecord {
    let permissions = [Permission::Read].into_iter().collect();
    key(organization_id, KeyKind::Organization { permissions })
}

pub(crate) fn app_key(app: &App, service: ServiceName) -> KeyRecord {
    let app_id = app.id;
    key(app.organization_id, KeyKind::App { app_id, service })
}

fn key(organization_id: OrganizationId, kind: KeyKind) -> KeyRecord {
    KeyRecord {
        facts: KeyFacts {
            id: KeyId::new(NOW, unique()),
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
            created_at: NOW,
            created_by: Actor::System,
            rotated_from: None,
        },
        last_used_at: None,
        rotated_to: None,
    }
}

/// A digest of its own for each key.
pub(crate) fn digest_of(record: &KeyRecord) -> KeyDigest {
    KeyDigest::of(record.facts.id.as_bytes())
}

pub(crate) fn movement(app_id: AppId, micros: i64, request_id: Option<&str>) -> Movement {
    Movement {
        id: TransactionId::new(NOW, unique()),
        app_id,
        transaction_type: TransactionType::Usage,
        amount: MicroUsd::from_micros(micros),
        request_id: request_id.map(str::to_owned),
        description: "tokens".to_owned(),
        created_at: NOW,
    }
}

pub(crate) async fn add_organization(database: &Database) -> Organization {
    let organization = organization();
    let copy = organization.clone();
    write!(database, |tx| organizations::insert(tx, &copy)).unwrap();
    organization
}

pub(crate) async fn add_app(database: &Database, organization_id: OrganizationId) -> App {
    let app = app(organization_id);
    let copy = app.clone();
    write!(database, |tx| apps::insert(tx, &copy)).unwrap();
    app
}

pub(crate) async fn add_user(database: &Database, user: &User) {
    let copy = user.clone();
    write!(database, |tx| users::insert(tx, &copy, None)).unwrap();
}

/// Whether an operation was refused because what it refers to does not exist.
pub(crate) fn is_broken_reference(error: &StoreError) -> bool {
    error.to_string().to_lowercase().contains("foreign key")
}

/// Does with SQL what no operation does.
pub(crate) async fn tamper(database: &Database, sql: &'static str) {
    write!(database, |tx| async move {
        match tx {
            Tx::Sqlite(tx) => tx.connection().execute_batch(sql).map_err(DbError::from),
            Tx::Postgres(tx) => tx.batch_execute(sql).await,
        }
        .map_err(StoreError::from)
    })
    .unwrap();
}
