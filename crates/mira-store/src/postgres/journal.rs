//! The journal of usage in PostgreSQL.

use mira_db::PostgresTx;

use super::{collect, find_value, params};
use crate::StoreError;
use crate::column::Columns;

pub(crate) async fn append(tx: &PostgresTx, rows: &[(u8, Vec<u8>)]) -> Result<(), StoreError> {
    let parts: Vec<i64> = rows.iter().map(|(part, _)| i64::from(*part)).collect();
    let entries: Vec<&[u8]> = rows.iter().map(|(_, entries)| &entries[..]).collect();
    let sql = "INSERT INTO usage_journal (part, entries)
               SELECT part, entries FROM unnest($1::BIGINT[], $2::BYTEA[]) AS row (part, entries)";
    tx.execute(sql, &[&parts, &entries]).await?;
    Ok(())
}

pub(crate) async fn next_part(tx: &PostgresTx, from: u8) -> Result<Option<u8>, StoreError> {
    let sql = "SELECT coalesce((SELECT min(part) FROM usage_journal WHERE part >= $1),
                               (SELECT min(part) FROM usage_journal))";
    let next = find_value::<Option<u8>>(tx, sql, &params![i64::from(from)]).await;
    next.map(Option::flatten)
}

pub(crate) async fn take(tx: &PostgresTx, part: u8) -> Result<Vec<Vec<u8>>, StoreError> {
    // What is locked is being settled by another node.
    let sql = "DELETE FROM usage_journal WHERE number IN (
                   SELECT number FROM usage_journal WHERE part = $1
                   ORDER BY number FOR UPDATE SKIP LOCKED)
               RETURNING entries";
    let read = |columns: &mut Columns<'_>| columns.take();
    collect(tx, sql, &params![i64::from(part)], read).await
}
