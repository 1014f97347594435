//! The schema changes that a crate brings along, for whichever back end.

use std::iter;
use std::path::Path;

use refinery::error::Kind;
use refinery::{Migration, Runner};

use crate::open_error::OpenError;

/// The migrations of the crate that owns the tables.
pub struct Migrations {
    /// The table that records which were applied. Each owning crate has its own.
    pub table: &'static str,
    /// The migrations, as `refinery::embed_migrations!` makes them.
    pub runner: Runner,
}

/// One crate's alone; a database that several crates own tables in gets an array.
impl IntoIterator for Migrations {
    type Item = Self;
    type IntoIter = iter::Once<Self>;

    fn into_iter(self) -> Self::IntoIter {
        iter::once(self)
    }
}

impl Migrations {
    /// The runner, strict about the past.
    pub(crate) fn into_runner(self) -> Runner {
        // One transaction for all: otherwise a crash could leave a migration applied
        // but not recorded.
        let mut runner = self
            .runner
            .set_grouped(true)
            .set_abort_missing(true)
            .set_abort_divergent(true);
        runner.set_migration_table_name(self.table);
        runner
    }
}

impl OpenError {
    /// What it means that `runner` answered `error`, if the schema is to blame.
    pub(crate) fn of_schema(
        database: &Path,
        runner: &Runner,
        error: &refinery::Error,
    ) -> Option<Self> {
        let path = database.to_owned();
        match error.kind() {
            Kind::MissingVersion(found) if !knows(runner, found) => Some(Self::Newer {
                path,
                version: found.version().into(),
            }),
            Kind::MissingVersion(found) | Kind::DivergentVersion(found, _) => {
                Some(Self::Divergent {
                    path,
                    migration: found.to_string(),
                })
            }
            _ => None,
        }
    }
}

fn knows(runner: &Runner, migration: &Migration) -> bool {
    runner
        .get_migrations()
        .iter()
        .any(|ours| ours.version() == migration.version())
}
