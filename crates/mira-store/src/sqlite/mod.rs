//! The operations in SQLite's SQL. A transaction that writes is alone, so what
//! it has read stays true until it commits.

pub(crate) mod apps;
pub(crate) mod audit;
pub(crate) mod changelog;
pub(crate) mod idempotency;
pub(crate) mod invitations;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod ledger;
mod log;
pub(crate) mod meta;
pub(crate) mod nodes;
pub(crate) mod organizations;
pub(crate) mod refusals;
mod select;
pub(crate) mod sessions;
pub(crate) mod sign_in_attempts;
mod statement;
pub(crate) mod usage;
pub(crate) mod users;
pub(crate) mod windows;

use select::Select;
use statement::{change, collect, count, each, find, find_value};
