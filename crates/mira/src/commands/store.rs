//! Where an installation keeps its state, for commands that work on it directly.

use std::path::PathBuf;

use clap::Args;
use mira_server::Place;

/// The data folder or the database, the latter if both are named.
#[derive(Debug, Args)]
pub(crate) struct StoreArguments {
    /// The data folder; no server may be using it
    #[arg(
        long,
        value_name = "DIR",
        env = "MIRA_DATA",
        default_value = "./mira-data"
    )]
    data: PathBuf,
    /// The PostgreSQL database of an installation of many nodes; they may be running
    #[arg(
        long,
        value_name = "URL",
        env = "MIRA_DATABASE",
        hide_env_values = true
    )]
    database: Option<String>,
}

impl StoreArguments {
    pub(crate) fn place(&self) -> Place<'_> {
        match self.database.as_deref().filter(|url| !url.is_empty()) {
            Some(url) => Place::Database(url),
            None => Place::Folder(&self.data),
        }
    }
}
