//! Facts about the installation in PostgreSQL.

use mira_db::PostgresTx;

use super::{change, find_value, params};
use crate::StoreError;
use crate::meta::Fact;

pub(crate) async fn get(tx: &PostgresTx, fact: Fact) -> Result<Option<String>, StoreError> {
    if tx.is_write() {
        // What is decided by a fact is often that it is not there yet.
        tx.batch_execute("LOCK TABLE meta IN SHARE ROW EXCLUSIVE MODE")
            .await?;
    }
    let sql = "SELECT value FROM meta WHERE name = $1";
    find_value(tx, sql, &params![fact.as_str()]).await
}

pub(crate) async fn set(tx: &PostgresTx, fact: Fact, value: &str) -> Result<(), StoreError> {
    change(
        tx,
        "INSERT INTO meta (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &params![fact.as_str(), value],
    )
    .await?;
    Ok(())
}
