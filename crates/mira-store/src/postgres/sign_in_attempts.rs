//! Failed sign-ins in PostgreSQL.

use mira_core::Timestamp;
use mira_db::PostgresTx;

use super::{change, count, params};
use crate::StoreError;

pub(crate) async fn record_failure(
    tx: &PostgresTx,
    subject: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    change(
        tx,
        "INSERT INTO sign_in_failures (subject, at) VALUES ($1, $2)",
        &params![subject, at.as_millis()],
    )
    .await?;
    Ok(())
}

pub(crate) async fn count_failures(
    tx: &PostgresTx,
    subject: &str,
    after: Timestamp,
) -> Result<u64, StoreError> {
    count(
        tx,
        "SELECT count(*) FROM sign_in_failures WHERE subject = $1 AND at > $2",
        &params![subject, after.as_millis()],
    )
    .await
}

pub(crate) async fn clear(tx: &PostgresTx, subject: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM sign_in_failures WHERE subject = $1";
    change(tx, sql, &params![subject]).await.map(|_| ())
}

pub(crate) async fn prune(tx: &PostgresTx, until: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM sign_in_failures WHERE at <= $1";
    change(tx, sql, &params![until.as_millis()]).await
}
