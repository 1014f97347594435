//! `mira import keys`: keys that another system issued.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mira_core::OrganizationId;
use mira_server::import_keys;

use crate::error::CommandError;
use crate::terminal::{read_input, say};

/// What can be imported.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Keys as JSON lines, each with a `key` or a `sha256`
    Keys(KeysArguments),
}

/// `mira import keys`.
#[derive(Debug, Args)]
pub(crate) struct KeysArguments {
    /// The data folder; no server may be using it
    #[arg(
        long,
        value_name = "DIR",
        env = "MIRA_DATA",
        default_value = "./mira-data"
    )]
    data: PathBuf,
    /// The organization that they will belong to
    #[arg(long, value_name = "ORG")]
    organization: OrganizationId,
    /// The configuration file, for keys of the services in it
    #[arg(long, value_name = "FILE", env = "MIRA_CONFIG")]
    config: Option<PathBuf>,
    /// The lines, or `-` for stdin
    file: PathBuf,
}

pub(super) async fn run(import: Import) -> Result<(), CommandError> {
    let Import::Keys(KeysArguments {
        data,
        organization,
        config,
        file,
    }) = import;
    // An empty variable is none.
    let config = config.filter(|file| !file.as_os_str().is_empty());
    let lines = if file.as_os_str() == "-" {
        read_input()?
    } else {
        std::fs::read_to_string(&file)
            .map_err(|reason| CommandError::File { path: file, reason })?
    };
    let imported = import_keys(&data, config.as_deref(), organization, &lines).await?;
    let (imported, skipped) = imported;
    say(&serde_json::json!({"imported": imported, "skipped": skipped}).to_string());
    Ok(())
}
