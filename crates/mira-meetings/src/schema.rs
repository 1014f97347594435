//! The tables, as migrations.

use std::path::Path;

use mira_db::{Database, Migrations, OpenError, Postgres, PostgresOptions, Sqlite};

/// The migrations of this crate's tables in SQLite.
pub fn migrations() -> Migrations {
    Migrations {
        table: TABLE,
        runner: sqlite::migrations::runner(),
    }
}

/// The migrations of this crate's tables in PostgreSQL.
pub fn postgres_migrations() -> Migrations {
    Migrations {
        table: TABLE,
        runner: postgres::migrations::runner(),
    }
}

/// Opens the meetings in the SQLite file at `path`, making it if it is missing.
/// Blocks for as long as that and the migrations take.
pub fn open(path: &Path) -> Result<Database, OpenError> {
    Sqlite::open(path, migrations()).map(Database::Sqlite)
}

/// Opens the meetings in the PostgreSQL database at `url`, making their tables if
/// they are missing. They have connections of their own, so that much data never
/// delays a revocation. See [`Postgres::connect`].
pub async fn connect(url: &str, options: PostgresOptions) -> Result<Database, OpenError> {
    let connected = Postgres::connect(url, options, postgres_migrations()).await;
    connected.map(Database::Postgres)
}

/// Where refinery notes what it has applied.
const TABLE: &str = "meetings_migrations";

mod sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}

mod postgres {
    refinery::embed_migrations!("migrations/postgres");
}
