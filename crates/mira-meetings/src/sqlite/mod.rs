//! The SQL of SQLite, and how its rows are read.

mod list;
pub(crate) mod meetings;
pub(crate) mod reports;
pub(crate) mod roleplay;
mod row;
pub(crate) mod templates;
