//! The operations in PostgreSQL's SQL. Transactions of many nodes run at the
//! same time, so one that writes locks the rows that it decides by when it reads
//! them, and the heads of the logs at last.

pub(crate) mod apps;
pub(crate) mod audit;
pub(crate) mod changelog;
pub(crate) mod idempotency;
pub(crate) mod invitations;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod log;
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

use mira_db::PostgresTx;
use select::Select;
use statement::{change, collect, count, each, find, find_value, params};

/// The same for rows that several transactions may hold at once: they stay as they
/// are, and whoever changes them waits.
const SHARED: &str = " FOR SHARE";

/// What makes a SELECT keep its rows as they are until the commit, if the
/// transaction may write. References to the rows can still be added.
fn locking(tx: &PostgresTx) -> &'static str {
    if tx.is_write() {
        " FOR NO KEY UPDATE"
    } else {
        ""
    }
}
