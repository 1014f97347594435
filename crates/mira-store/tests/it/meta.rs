//! Facts about the installation.

use mira_db::Database;
use mira_store::meta::{self, Fact};

use crate::{read, suite, write};

suite!(the_last_word_stands);

async fn the_last_word_stands(database: Database) {
    let version = read!(database, |tx| meta::get(tx, Fact::Version));
    assert_eq!(version.unwrap(), None);
    for version in ["0.1.0", "0.2.0"] {
        write!(database, |tx| meta::set(tx, Fact::Version, version)).unwrap();
    }
    let version = read!(database, |tx| meta::get(tx, Fact::Version));
    assert_eq!(version.unwrap().as_deref(), Some("0.2.0"));
    let id = read!(database, |tx| meta::get(tx, Fact::InstallationId));
    assert_eq!(id.unwrap(), None);
}
