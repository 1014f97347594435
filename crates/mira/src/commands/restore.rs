//! `mira restore`: the data folder as it was when a backup was made.

use std::path::PathBuf;

use clap::Args;
use mira_server::{Restored, restore};
use serde_json::json;

use super::Context;
use crate::error::CommandError;
use crate::terminal::say;

/// `mira restore`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The data folder; no server may be using it
    #[arg(
        long,
        value_name = "DIR",
        env = "MIRA_DATA",
        default_value = "./mira-data"
    )]
    data: PathBuf,
    /// Restore a state that is older than what the folder has seen, although keys
    /// that were revoked since work again
    #[arg(long)]
    accept_older: bool,
    /// The file that `mira backup` wrote
    file: PathBuf,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<(), CommandError> {
    let Arguments {
        data,
        accept_older,
        file,
    } = arguments;
    let Restored { changes, lost } = restore(&data, &file, accept_older).await?;
    if context.json {
        let lost = lost.map(|lost| {
            let (revived, keys) = lost.revived.unzip();
            json!({"changes": lost.changes, "revived": revived, "keys": keys})
        });
        say(&json!({"changes": changes, "lost": lost}).to_string());
        return Ok(());
    }
    let data = data.display();
    say(&format!("{data}: {changes} changes restored"));
    if let Some(lost) = lost {
        say(&format!("It had seen {} changes. {lost}", lost.changes));
    }
    Ok(())
}
