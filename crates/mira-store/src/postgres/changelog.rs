//! The changelog in PostgreSQL.

use mira_db::PostgresTx;

use super::log::Log;
use super::{collect, params};
use crate::changelog::{Entry, Seq, decode};
use crate::{Chain, Integrity, StoreError};

const LOG: Log = Log {
    name: "changelog",
    table: "changelog",
};

pub(crate) async fn append(tx: &PostgresTx, body: &str) -> Result<Seq, StoreError> {
    LOG.append(tx, body).await.map(Seq::from_number)
}

pub(crate) async fn head(tx: &PostgresTx) -> Result<(Seq, Chain), StoreError> {
    let (position, chain) = LOG.head(tx).await?;
    Ok((Seq::from_number(position), chain))
}

pub(crate) async fn tail(
    tx: &PostgresTx,
    after: Seq,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    collect(
        tx,
        "SELECT position, chain, body FROM changelog WHERE position > $1
         ORDER BY position LIMIT $2",
        &params![i64::try_from(after.number()).unwrap_or(i64::MAX), limit],
        |columns| {
            let (seq, chain) = (Seq::from_number(columns.take()?), columns.take()?);
            let (at, change) = decode(&columns.take::<String>()?)?;
            Ok(Entry {
                seq,
                chain,
                at,
                change,
            })
        },
    )
    .await
}

pub(crate) async fn verify(tx: &PostgresTx) -> Result<Integrity, StoreError> {
    LOG.verify(tx).await
}
