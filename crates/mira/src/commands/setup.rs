//! `mira setup`: the first superadmin, or a forgotten password.

use std::path::PathBuf;

use clap::Args;
use mira_server::set_up;

use super::Context;
use crate::error::CommandError;
use crate::terminal::{ask_password, say};

/// `mira setup`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The data folder
    #[arg(
        long,
        value_name = "DIR",
        env = "MIRA_DATA",
        default_value = "./mira-data"
    )]
    pub(crate) data: PathBuf,
    /// The address of the account; its password comes from `MIRA_PASSWORD` or a prompt
    #[arg(long)]
    pub(crate) email: String,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<(), CommandError> {
    let password = match context.variable("MIRA_PASSWORD") {
        Some(password) => password.to_owned(),
        None => ask_password("New password: ")?,
    };
    say(&set_up(&arguments.data, &arguments.email, &password).await?);
    Ok(())
}
