//! `mira config check`: a configuration, read as `serve` would.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mira_server::check_config;

use super::Context;
use crate::error::CommandError;
use crate::terminal::say;

/// What can be done with a configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Say what is wrong with a file, and where
    Check(CheckArguments),
}

/// `mira config check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The configuration file
    #[arg(value_name = "FILE", env = "MIRA_CONFIG", default_value = "mira.toml")]
    file: PathBuf,
}

pub(super) fn run(config: Config, context: &Context) -> Result<(), CommandError> {
    let Config::Check(CheckArguments { file }) = config;
    check_config(&file, &context.environment)?;
    say(&format!("{} is valid", file.display()));
    Ok(())
}
