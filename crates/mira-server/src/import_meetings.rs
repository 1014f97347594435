//! `mira import meetings`: files with transcripts, each a meeting.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use mira_console::ConsoleError;
use mira_core::{OrganizationId, Timestamp};
use mira_db::Database;
use mira_meetings::{ImportError, Imported, TranscriptFile};
use mira_store::StoreError;

use crate::installation::{Installation, Place, built_in_services};
use crate::serve::meetings;
use crate::{Config, ServeError};

/// What became of one file.
#[derive(Debug)]
pub enum FileOutcome {
    /// It is a meeting now.
    Imported,
    /// It was one before.
    Skipped,
    /// It is none, for this reason.
    Failed(String),
}

/// Takes `files` into `organization`, one after the other, and tells `progress` what
/// became of each. What was taken in stays whatever happens, and is passed over the
/// next time.
pub async fn import_meetings(
    place: Place<'_>,
    organization: OrganizationId,
    files: &[PathBuf],
    mut progress: impl FnMut(&Path, FileOutcome),
) -> Result<(), ServeError> {
    let lease = Duration::from_millis(Config::default().store.lease_ms);
    let services = built_in_services();
    let installation = Installation::open_offline(place, lease, services).await?;
    let imported = async {
        expect_organization(&installation.store, organization).await?;
        let meetings = meetings(&installation);
        for path in files {
            let outcome = match read(path) {
                Err(error) => FileOutcome::Failed(error.to_string()),
                Ok(file) => match meetings.import(organization, file).await {
                    Ok(Imported::New) => FileOutcome::Imported,
                    Ok(Imported::Known) => FileOutcome::Skipped,
                    Err(ImportError::Database(error)) => return Err(error.into()),
                    Err(error) => FileOutcome::Failed(error.to_string()),
                },
            };
            progress(path, outcome);
        }
        Ok(())
    }
    .await;
    installation.close().await;
    imported
}

/// An import into nowhere would be lost.
async fn expect_organization(
    store: &Database,
    organization: OrganizationId,
) -> Result<(), ConsoleError> {
    let found = store
        .read::<_, StoreError, _>(move |tx| {
            Box::pin(async move { mira_store::organizations::get(tx, organization).await })
        })
        .await?;
    found
        .map(drop)
        .ok_or(ConsoleError::NotFound("Organization"))
}

fn read(path: &Path) -> std::io::Result<TranscriptFile> {
    let written_at = std::fs::metadata(path)?.modified()?;
    let since_epoch = written_at.duration_since(SystemTime::UNIX_EPOCH);
    let millis = since_epoch.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0));
    Ok(TranscriptFile {
        name: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        bytes: std::fs::read(path)?,
        written_at: Timestamp::from_millis(millis),
    })
}
