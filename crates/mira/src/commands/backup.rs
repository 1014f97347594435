//! `mira backup`: everything in one file, beside a server or without one.

use std::path::PathBuf;

use clap::Args;
use mira_server::{BackedUp, back_up};
use serde_json::json;

use super::Context;
use crate::error::CommandError;
use crate::terminal::say;

/// `mira backup`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The data folder; a server may be using it
    #[arg(
        long,
        value_name = "DIR",
        env = "MIRA_DATA",
        default_value = "./mira-data"
    )]
    data: PathBuf,
    /// The file to write; it replaces an older one once it is complete
    file: PathBuf,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<(), CommandError> {
    let BackedUp { changes, bytes } = back_up(&arguments.data, &arguments.file).await?;
    if context.json {
        say(&json!({"changes": changes, "bytes": bytes}).to_string());
    } else {
        let file = arguments.file.display();
        say(&format!("{file}: {changes} changes, {bytes} bytes"));
    }
    Ok(())
}
