//! The changelog in SQLite.

use rusqlite::{Connection, params};

use super::collect;
use super::log::Log;
use crate::changelog::{Entry, Seq, decode};
use crate::{Chain, Integrity, StoreError};

const LOG: Log = Log {
    name: "changelog",
    table: "changelog",
};

pub(crate) fn append(connection: &Connection, body: &str) -> Result<Seq, StoreError> {
    LOG.append(connection, body).map(Seq::from_number)
}

pub(crate) fn head(connection: &Connection) -> Result<(Seq, Chain), StoreError> {
    let (position, chain) = LOG.head(connection)?;
    Ok((Seq::from_number(position), chain))
}

pub(crate) fn tail(
    connection: &Connection,
    after: Seq,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    collect(
        connection,
        "SELECT position, chain, body FROM changelog WHERE position > ?1
         ORDER BY position LIMIT ?2",
        params![i64::try_from(after.number()).unwrap_or(i64::MAX), limit],
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
}

pub(crate) fn verify(connection: &Connection) -> Result<Integrity, StoreError> {
    LOG.verify(connection)
}
