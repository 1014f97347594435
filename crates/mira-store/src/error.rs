//! Why an operation was not done.

use mira_db::DbError;

use crate::PageError;

/// Why an operation was not done. Its transaction must be given up.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or failed. A taken unique value is
    /// [`DbError::Conflict`], a row that cannot be read is [`DbError::Corrupt`].
    #[error(transparent)]
    Database(#[from] DbError),
    /// The record to change does not exist.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// The page asked for does not exist.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The changelog is not the one that was read before: other changes stand in it,
    /// or it has lost its end.
    #[error("the changelog is not the one that was read before")]
    Forked,
    /// The balance would not fit into micro-dollars.
    #[error("the balance would become too large to count")]
    BalanceOverflow,
}

impl StoreError {
    /// Whether a unique value, such as an email or a digest, is taken.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Database(DbError::Conflict { .. }))
    }

    /// That `noun` is missing, if its update has `changed` no row.
    pub(crate) fn unless_found(changed: u64, noun: &'static str) -> Result<(), Self> {
        if changed == 0 {
            return Err(Self::Missing(noun));
        }
        Ok(())
    }
}
