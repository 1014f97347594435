//! Durable records, changelog, audit trail, sessions and ledger.
//!
//! Every operation runs on a transaction of `mira-db`, so that a use case makes
//! its changes, the changelog row and the audit event one fact. The store keeps
//! and finds; it decides neither who may do something nor whether a key is good.
//!
//! Each noun has one file with its operations, which match on the closed set of
//! back ends; the SQL is in a folder for each back end.

pub mod apps;
pub mod audit;
mod chain;
pub mod changelog;
mod column;
mod error;
pub mod idempotency;
pub mod invitations;
pub mod journal;
mod json;
pub mod keys;
pub mod ledger;
pub mod logs;
pub mod meta;
pub mod nodes;
pub mod organizations;
mod page;
mod postgres;
pub mod refusals;
mod schema;
pub mod sessions;
pub mod sign_in_attempts;
mod sqlite;
mod token;
pub mod usage;
pub mod users;
mod value;
pub mod windows;
mod words;

pub use chain::{Chain, Integrity, ParseChainError};
pub use error::StoreError;
pub use page::{Cursor, PAGE_LIMIT, Page, PageError, PageRequest};
pub use schema::{connect, connect_with, migrations, open, open_with, postgres_migrations};
pub use token::TokenDigest;
