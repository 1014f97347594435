//! The two chained logs: the changelog and the audit trail.

use rusqlite::{Connection, params};

use super::{change, each, find};
use crate::chain::Walk;
use crate::column::contradictory;
use crate::{Chain, Integrity, StoreError};

/// A chained log: a table with `position`, `chain` and `body`.
#[derive(Clone, Copy)]
pub(super) struct Log {
    /// Its word in `chain_heads`.
    pub(super) name: &'static str,
    /// Its table.
    pub(super) table: &'static str,
}

impl Log {
    /// The last position and its link.
    pub(super) fn head(self, connection: &Connection) -> Result<(u64, Chain), StoreError> {
        let sql = "SELECT position, chain FROM chain_heads WHERE log = ?1";
        let head = find(connection, sql, [self.name], |columns| {
            Ok((columns.take()?, columns.take()?))
        })?;
        head.ok_or_else(|| contradictory("chain_heads").into())
    }

    /// Appends an entry and says where.
    pub(super) fn append(self, connection: &Connection, body: &str) -> Result<u64, StoreError> {
        let (last, chain) = self.head(connection)?;
        let position = last + 1;
        let chain = chain.next(position, body.as_bytes());
        let number = i64::try_from(position).unwrap_or(i64::MAX);
        let table = self.table;
        change(
            connection,
            &format!("INSERT INTO {table} (position, chain, body) VALUES (?1, ?2, ?3)"),
            params![number, chain.as_bytes(), body],
        )?;
        change(
            connection,
            "UPDATE chain_heads SET position = ?2, chain = ?3 WHERE log = ?1",
            params![self.name, number, chain.as_bytes()],
        )?;
        Ok(position)
    }

    /// Recomputes the chain.
    pub(super) fn verify(self, connection: &Connection) -> Result<Integrity, StoreError> {
        let mut walk = Walk::START;
        let table = self.table;
        each(
            connection,
            &format!("SELECT position, chain, body FROM {table} ORDER BY position"),
            [],
            |columns| {
                let (position, chain) = (columns.take()?, columns.take()?);
                let body: String = columns.take()?;
                walk.step(position, body.as_bytes(), chain);
                Ok(())
            },
        )?;
        Ok(walk.finish(self.head(connection)?))
    }
}
