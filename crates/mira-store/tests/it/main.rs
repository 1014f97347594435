//! What every back end of the store must do. A claim is a function of an empty
//! store; `suite!` runs it on each back end.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod apps;
mod audit;
mod changelog;
mod concurrency;
mod fixture;
mod idempotency;
mod journal;
mod key_rows;
mod keys;
mod ledger;
mod logs;
mod meta;
mod nodes;
mod pages;
mod refusals;
mod sign_in;
mod tenants;
mod usage;
mod users;
mod windows;

/// Runs claims on every back end.
macro_rules! suite {
    ($($claim:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $claim() {
                let folder = tempfile::tempdir().unwrap();
                let database = mira_store::open(&folder.path().join("store.db")).unwrap();
                super::$claim(database.clone()).await;
                database.close().await.unwrap();
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $claim() {
                let database = $crate::fixture::connect().await;
                super::$claim(database.clone()).await;
                database.close().await.unwrap();
            })+
        }
    };
}

/// Runs operations of the store in one transaction that writes, and gives what
/// the last returns: `write!(database, |tx| keys::insert(tx, &key, &digest))`.
macro_rules! write {
    ($database:expr, |$tx:ident| $work:expr) => {
        $database
            .write::<_, mira_store::StoreError, _>(move |$tx| Box::pin(async move { $work.await }))
            .await
    };
}

/// The same in a transaction that reads.
macro_rules! read {
    ($database:expr, |$tx:ident| $work:expr) => {
        $database
            .read::<_, mira_store::StoreError, _>(move |$tx| Box::pin(async move { $work.await }))
            .await
    };
}

pub(crate) use {read, suite, write};
