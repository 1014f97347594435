//! The key records, found by id or by digest.

pub(crate) mod columns;
mod row;

use mira_core::{Actor, AppId, Environment, KeyFacts, KeyId, KeyRecord, OrganizationId, Timestamp};
use mira_db::Tx;
use mira_key::{KeyDigest, ServiceName};

use crate::words::words;
use crate::{Page, PageRequest, StoreError, postgres, sqlite};

pub(crate) use row::{FactsRow, StateWord, networks_text, parse_networks};

/// A record and the digest that its key is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The digest.
    pub digest: KeyDigest,
    /// The record.
    pub record: KeyRecord,
}

/// Whose keys are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOwner {
    /// All keys of the organization, those of its apps too.
    Organization(OrganizationId),
    /// The keys of the app.
    App(AppId),
}

/// Which keys are listed; an absent member lets all pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyFilter {
    /// Only this family.
    pub kind: Option<KindWord>,
    /// Only app keys of this service.
    pub service: Option<ServiceName>,
    /// Only this environment.
    pub environment: Option<Environment>,
}

/// The word of a [`KeyKind`](mira_core::KeyKind), without what it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindWord {
    /// Organization keys.
    Organization,
    /// App keys.
    App,
}

words!(pub KindWord, "kind", { Organization => "organization", App => "app" });

/// Adds a key. A digest in use is a conflict. A successor is added before its
/// predecessor is updated to name it.
pub async fn insert(tx: &mut Tx, record: &KeyRecord, digest: &KeyDigest) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::keys::insert(tx.connection(), record, digest),
        Tx::Postgres(tx) => postgres::keys::insert(tx, record, digest).await,
    }
}

/// The key called `id`.
pub async fn get(tx: &mut Tx, id: KeyId) -> Result<Option<StoredKey>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::keys::get(tx.connection(), id),
        Tx::Postgres(tx) => postgres::keys::get(tx, id).await,
    }
}

/// The same in a transaction that does not change it: it stays as it is until the
/// commit, and others may hold it too.
pub async fn hold(tx: &mut Tx, id: KeyId) -> Result<Option<StoredKey>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::keys::get(tx.connection(), id),
        Tx::Postgres(tx) => postgres::keys::hold(tx, id).await,
    }
}

/// The key with this digest.
pub async fn by_digest(tx: &mut Tx, digest: &KeyDigest) -> Result<Option<StoredKey>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::keys::by_digest(tx.connection(), digest),
        Tx::Postgres(tx) => postgres::keys::by_digest(tx, digest).await,
    }
}

/// Writes what may change about a key: name, permissions, environment, state,
/// `expires_at`, allowlist, limits and `rotated_to`. Whose it is, what it opens
/// and how it came to be stay, and `last_used_at` belongs to [`touch_last_used`].
pub async fn update(tx: &mut Tx, record: &KeyRecord) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::keys::update(tx.connection(), record),
        Tx::Postgres(tx) => postgres::keys::update(tx, record).await,
    }
}

/// Writes that keys were revoked by `by`, each at its instant, in one statement where
/// there are many.
pub async fn revoke(tx: &mut Tx, keys: &[(KeyId, Timestamp)], by: Actor) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let revoked = match tx {
        Tx::Sqlite(tx) => sqlite::keys::revoke(tx.connection(), keys, by),
        Tx::Postgres(tx) => postgres::keys::revoke(tx, keys, by).await,
    }?;
    let is_all = usize::try_from(revoked) == Ok(keys.len());
    StoreError::unless_found(is_all.into(), "key")
}

/// The keys of `owner` that pass `filter`, newest first.
pub async fn list(
    tx: &mut Tx,
    owner: KeyOwner,
    filter: &KeyFilter,
    request: &PageRequest,
) -> Result<Page<KeyRecord>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::keys::list(tx.connection(), owner, filter, request),
        Tx::Postgres(tx) => postgres::keys::list(tx, owner, filter, request).await,
    }
}

/// All keys of an app whose stored state is not revoked, oldest first: those
/// that deleting the app must revoke.
pub async fn unrevoked_of_app(tx: &mut Tx, app_id: AppId) -> Result<Vec<StoredKey>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::keys::unrevoked_of_app(tx.connection(), app_id),
        Tx::Postgres(tx) => postgres::keys::unrevoked_of_app(tx, app_id).await,
    }
}

/// How many keys there are, revoked ones too.
pub async fn count(tx: &mut Tx) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::keys::count_all(tx.connection()),
        Tx::Postgres(tx) => postgres::keys::count_all(tx).await,
    }
}

/// Shows `visit` what decides about every key, for a verifier that starts.
pub async fn load_facts(
    tx: &mut Tx,
    visit: impl FnMut(KeyDigest, KeyFacts) + Send,
) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::keys::load_facts(tx.connection(), visit),
        Tx::Postgres(tx) => postgres::keys::load_facts(tx, visit).await,
    }
}

/// Notes when keys were last accepted, in one statement. An earlier instant changes
/// nothing, so batches may come in any order and more than once. Returns what is left
/// for another time, since somebody was changing the key: nobody waits for an
/// observation, and observations wait for nobody.
pub async fn touch_last_used(
    tx: &mut Tx,
    batch: &[(KeyId, Timestamp)],
) -> Result<Vec<(KeyId, Timestamp)>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => {
            sqlite::keys::touch_last_used(tx.connection(), batch).map(|()| Vec::new())
        }
        Tx::Postgres(tx) => postgres::keys::touch_last_used(tx, batch).await,
    }
}

/// The same as the last step, which on a database of many writers commits.
pub(crate) async fn conclude_last_used(
    tx: &mut Tx,
    batch: &[(KeyId, Timestamp)],
) -> Result<Vec<(KeyId, Timestamp)>, StoreError> {
    match tx {
        Tx::Postgres(tx) => postgres::keys::conclude_last_used(tx, batch).await,
        Tx::Sqlite(_) => touch_last_used(tx, batch).await,
    }
}
