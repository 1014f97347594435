//! The changelog in SQLite.

use rusqlite::{Connection, params};

use super::collect;
use super::log::Log;
use crate::changelog::{Place, Row, Seq};
use crate::{Integrity, StoreError};

const LOG: Log = Log {
    name: "changelog",
    table: "changelog",
};

pub(crate) fn append(connection: &Connection, body: &str) -> Result<Seq, StoreError> {
    LOG.append(connection, body).map(Seq::from_number)
}

pub(crate) fn head(connection: &Connection) -> Result<Place, StoreError> {
    let (position, chain) = LOG.head(connection)?;
    let seq = Seq::from_number(position);
    Ok(Place { seq, chain })
}

/// At most `limit` entries from `first` on, in order.
pub(crate) fn from(
    connection: &Connection,
    first: Seq,
    limit: u32,
) -> Result<Vec<Row>, StoreError> {
    collect(
        connection,
        "SELECT position, chain, body FROM changelog WHERE position >= ?1
         ORDER BY position LIMIT ?2",
        params![i64::try_from(first.number()).unwrap_or(i64::MAX), limit],
        Row::read,
    )
}

pub(crate) fn verify(connection: &Connection) -> Result<Integrity, StoreError> {
    LOG.verify(connection)
}
