//! Facts about the installation itself.

use mira_db::Tx;

use crate::words::words;
use crate::{StoreError, postgres, sqlite};

/// A fact about the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// Its id, made when the store was filled.
    InstallationId,
    /// When the store was filled.
    CreatedAt,
    /// The version of the program that last wrote to it.
    Version,
}

words!(pub Fact, "fact", {
    InstallationId => "installation_id", CreatedAt => "created_at", Version => "version",
});

/// What was last said of `fact`.
pub async fn get(tx: &mut Tx, fact: Fact) -> Result<Option<String>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::meta::get(tx.connection(), fact),
        Tx::Postgres(tx) => postgres::meta::get(tx, fact).await,
    }
}

/// Says `value` of `fact` from now on.
pub async fn set(tx: &mut Tx, fact: Fact, value: &str) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::meta::set(tx.connection(), fact, value),
        Tx::Postgres(tx) => postgres::meta::set(tx, fact, value).await,
    }
}
