//! Database handles and transactions, and nothing about keys.
//!
//! A [`Database`] runs work in a [`Tx`] and answers when the commit is durable.
//! Both are closed enums over the back ends, so an operation that misses one
//! does not compile. Crates that own tables bring their [`Migrations`], and may write
//! statements once for both with [`sql`].

mod data_dir;
mod database;
mod error;
mod migrations;
mod open_error;
mod postgres;
pub mod sql;
mod sqlite;
mod tx;

pub use data_dir::DataDir;
pub use database::{BoxFuture, Database};
pub use error::{Cause, DbError, Fault, Outage};
pub use migrations::Migrations;
pub use open_error::OpenError;
pub use postgres::{Listener, Notifier, Postgres, PostgresOptions, PostgresTx};
pub use sqlite::Sqlite;
pub use tx::{SqliteTx, Tx};
