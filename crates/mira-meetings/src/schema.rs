//! The tables, as migrations.

use std::path::Path;

use mira_db::{Database, Migrations, OpenError, Sqlite};

/// The migrations of this crate's tables.
pub fn migrations() -> Migrations {
    Migrations {
        table: "meetings_migrations",
        runner: embedded::migrations::runner(),
    }
}

/// Opens the meetings in the SQLite file at `path`, making it if it is missing.
/// Blocks for as long as that and the migrations take.
pub fn open(path: &Path) -> Result<Database, OpenError> {
    Sqlite::open(path, migrations()).map(Database::Sqlite)
}

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}
