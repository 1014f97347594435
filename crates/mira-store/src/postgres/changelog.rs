//! The changelog in PostgreSQL.

use mira_db::PostgresTx;

use super::log::Log;
use super::{collect, params};
use crate::changelog::{Place, Row, Seq};
use crate::{Integrity, StoreError};

const LOG: Log = Log {
    name: "changelog",
    table: "changelog",
};

pub(crate) async fn head(tx: &PostgresTx) -> Result<Place, StoreError> {
    let (position, chain) = LOG.head(tx).await?;
    let seq = Seq::from_number(position);
    Ok(Place { seq, chain })
}

/// At most `limit` entries from `first` on, in order.
pub(crate) async fn from(tx: &PostgresTx, first: Seq, limit: u32) -> Result<Vec<Row>, StoreError> {
    collect(
        tx,
        "SELECT position, chain, body FROM changelog WHERE position >= $1
         ORDER BY position LIMIT $2",
        &params![i64::try_from(first.number()).unwrap_or(i64::MAX), limit],
        Row::read,
    )
    .await
}

pub(crate) async fn verify(tx: &PostgresTx) -> Result<Integrity, StoreError> {
    LOG.verify(tx).await
}
