//! `mira backup`: one file with everything, made while a server runs or not.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use mira_db::Sqlite;
use tempfile::{NamedTempFile, TempDir};

use crate::archive::{self, FILES};
use crate::{ServeError, history};

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackedUp {
    /// How many changes of what decides.
    pub changes: u64,
    /// The size of the file.
    pub bytes: u64,
}

/// Writes everything in the data folder into `file`, and proves that it is sound
/// before it takes the place of an older one.
pub async fn back_up(data: &Path, file: &Path) -> Result<BackedUp, ServeError> {
    let unwritable = |cause| ServeError::Archive {
        path: file.to_owned(),
        cause,
    };
    let folder = folder_of(file);
    let work = TempDir::with_prefix_in(".mira-backup-", &folder).map_err(unwritable)?;
    for name in FILES {
        Sqlite::copy(&data.join(name), &work.path().join(name))?;
    }
    mira_meetings::open(&work.path().join("meetings.db"))?
        .close()
        .await
        .map_err(mira_store::StoreError::from)?;
    let store = mira_store::open(&work.path().join("mira.db"))?;
    history::verify(&store).await?;
    let mark = history::mark(&store).await?;
    store.close().await.map_err(mira_store::StoreError::from)?;

    let changes = mark.position;
    let mut out = NamedTempFile::new_in(work.path()).map_err(unwritable)?;
    let packed = archive::pack(work.path(), mark, &mut out)
        .and_then(|()| out.as_file().sync_all())
        .and_then(|()| out.as_file().metadata());
    let bytes = packed.map_err(unwritable)?.len();
    let persisted = out.persist(file).map_err(io::Error::from);
    persisted
        .and_then(|_| File::open(&folder)?.sync_all())
        .map_err(unwritable)?;
    Ok(BackedUp { changes, bytes })
}

/// The folder that `file` is in.
fn folder_of(file: &Path) -> PathBuf {
    let parent = file.parent();
    let named = parent.filter(|parent| !parent.as_os_str().is_empty());
    named.unwrap_or(Path::new(".")).to_owned()
}
