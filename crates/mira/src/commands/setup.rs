//! `mira setup`: the first superadmin, or a forgotten password.

use clap::Args;
use mira_server::set_up;

use super::{Context, StoreArguments};
use crate::error::CommandError;
use crate::terminal::{ask_password, say};

/// `mira setup`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// The address of the account; its password comes from `MIRA_PASSWORD` or a prompt
    #[arg(long)]
    pub(crate) email: String,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<(), CommandError> {
    let password = match context.variable("MIRA_PASSWORD") {
        Some(password) => password.to_owned(),
        None => ask_password("New password: ")?,
    };
    say(&set_up(arguments.store.place(), &arguments.email, &password).await?);
    Ok(())
}
