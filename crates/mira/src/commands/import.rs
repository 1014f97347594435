//! `mira import`: keys that another system issued, and transcripts that lie in files.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use mira_core::OrganizationId;
use mira_server::{FileOutcome, import_keys, import_meetings};

use super::StoreArguments;
use crate::Outcome;
use crate::error::CommandError;
use crate::terminal::{note, read_input, say};

/// What can be imported.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Keys as JSON lines, each with a `key` or a `sha256`
    Keys(KeysArguments),
    /// Meetings as .vtt, .srt or .json files, each taken in once
    Meetings(MeetingsArguments),
}

/// `mira import meetings`.
#[derive(Debug, Args)]
pub(crate) struct MeetingsArguments {
    #[command(flatten)]
    store: StoreArguments,
    /// The organization that they will belong to
    #[arg(long, value_name = "ORG")]
    organization: OrganizationId,
    /// The files, or folders of them
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// `mira import keys`.
#[derive(Debug, Args)]
pub(crate) struct KeysArguments {
    #[command(flatten)]
    store: StoreArguments,
    /// The organization that they will belong to
    #[arg(long, value_name = "ORG")]
    organization: OrganizationId,
    /// The configuration file, for keys of the services in it
    #[arg(long, value_name = "FILE", env = "MIRA_CONFIG")]
    config: Option<PathBuf>,
    /// The lines, or `-` for stdin
    file: PathBuf,
}

pub(super) async fn run(import: Import) -> Result<Outcome, CommandError> {
    match import {
        Import::Keys(arguments) => keys(arguments).await.map(|()| Outcome::Done),
        Import::Meetings(arguments) => meetings(arguments).await,
    }
}

async fn meetings(arguments: MeetingsArguments) -> Result<Outcome, CommandError> {
    let files = expanded(&arguments.files)?;
    let bar = ProgressBar::new(files.len() as u64);
    let (mut imported, mut skipped, mut failed) = (0_u64, 0_u64, 0_u64);
    let progress = |path: &Path, outcome| {
        match outcome {
            FileOutcome::Imported => imported += 1,
            FileOutcome::Skipped => skipped += 1,
            FileOutcome::Failed(reason) => {
                failed += 1;
                bar.suspend(|| note(&format!("{}: {reason}", path.display())));
            }
        }
        bar.inc(1);
    };
    let place = arguments.store.place();
    let done = import_meetings(place, arguments.organization, &files, progress).await;
    bar.finish_and_clear();
    done?;
    let counts = serde_json::json!({"imported": imported, "skipped": skipped, "failed": failed});
    say(&counts.to_string());
    Ok(if failed == 0 {
        Outcome::Done
    } else {
        Outcome::Refused
    })
}

/// The files themselves, and those with transcripts in the folders, by their names.
fn expanded(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CommandError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let in_folder = |reason| CommandError::File {
            path: path.clone(),
            reason,
        };
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(in_folder)? {
            let entry = entry.map_err(in_folder)?.path();
            let ending = entry.extension().unwrap_or_default().to_ascii_lowercase();
            if ["vtt", "srt", "json"].iter().any(|known| ending == *known) {
                inside.push(entry);
            }
        }
        inside.sort();
        files.append(&mut inside);
    }
    Ok(files)
}

async fn keys(arguments: KeysArguments) -> Result<(), CommandError> {
    let KeysArguments {
        store,
        organization,
        config,
        file,
    } = arguments;
    // An empty variable is none.
    let config = config.filter(|file| !file.as_os_str().is_empty());
    let lines = if file.as_os_str() == "-" {
        read_input()?
    } else {
        std::fs::read_to_string(&file)
            .map_err(|reason| CommandError::File { path: file, reason })?
    };
    let imported = import_keys(store.place(), config.as_deref(), organization, &lines).await?;
    let (imported, skipped) = imported;
    say(&serde_json::json!({"imported": imported, "skipped": skipped}).to_string());
    Ok(())
}
