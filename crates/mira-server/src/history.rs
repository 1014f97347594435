//! How far a store has come, and whether it is past a mark.

use mira_db::Database;
use mira_store::changelog::{self, Place, Seq};
use mira_store::{Integrity, StoreError, audit};

use crate::ServeError;
use crate::archive::Mark;

/// How far the store has come.
pub(crate) async fn mark(store: &Database) -> Result<Mark, ServeError> {
    let head: Result<Place, StoreError> = store
        .read(|tx| Box::pin(async move { changelog::head(tx).await }))
        .await;
    let head = head?;
    Ok(Mark::new(head.seq.number(), head.chain))
}

/// Whether everything up to `mark` is part of the store's history.
pub(crate) async fn is_past(store: &Database, mark: &Mark) -> Result<bool, ServeError> {
    let Some(chain) = mark.chain() else {
        return Ok(false);
    };
    let seq = Seq::from_number(mark.position);
    let place = Place { seq, chain };
    let tail = store
        .read(move |tx| Box::pin(async move { changelog::tail(tx, place, 1).await }))
        .await;
    match tail {
        Ok(_) => Ok(true),
        Err(StoreError::Forked) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Proves that no entry of either log was lost or changed.
pub(crate) async fn verify(store: &Database) -> Result<(), ServeError> {
    let logs: Result<_, StoreError> = store
        .read(|tx| {
            Box::pin(async move {
                let changes = changelog::verify(tx).await?;
                Ok([
                    ("changelog", changes),
                    ("audit trail", audit::verify(tx).await?),
                ])
            })
        })
        .await;
    for (log, integrity) in logs? {
        if let Integrity::BrokenAt(position) = integrity {
            return Err(ServeError::BrokenLog { log, position });
        }
    }
    Ok(())
}
