//! `mira restore`: a data folder as it was when a backup was made.
//!
//! The backup is unpacked and proved beside the present databases, and takes their
//! place in steps that the next start completes if this one is interrupted. A state
//! older than the folder has seen brings revoked keys back to life, so it must be
//! asked for, and says which.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use mira_core::{KeyFacts, KeyState};
use mira_db::{DataDir, Database};
use mira_key::KeyDigest;
use mira_store::{StoreError, keys};

use crate::archive::{self, FILES, Mark};
use crate::{ServeError, high_water, history};

/// Where a backup is unpacked.
const PARTIAL: &str = "restore.partial";
/// The same once it is proved: from here on it will take the present's place.
const READY: &str = "restore.ready";
/// Keys that are named one by one.
const NAMED: usize = 20;

/// What a restore did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// How many changes the backup holds.
    pub changes: u64,
    /// What is lost of the present.
    pub lost: Option<Lost>,
}

/// What an older state loses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// How many changes the folder has seen.
    pub changes: u64,
    /// The keys that work in the backup and do not work now, the first of them by
    /// name; absent if the present cannot be read.
    pub revived: Option<(usize, Vec<String>)>,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.revived {
            None => f.write_str(
                "Which keys would work again cannot be told, as the present database \
                 cannot be read",
            ),
            Some((0, _)) => f.write_str("No key that was ended would work again"),
            Some((count, named)) => {
                write!(f, "Keys that were ended and would work again: {count}, ")?;
                write!(f, "{}", named.join(", "))?;
                f.write_str(if named.len() < *count { ", …" } else { "" })
            }
        }
    }
}

/// Puts the databases in `file` in the place of those in the data folder, which no
/// server may be using. A state that is older than what the folder has seen needs
/// `accept_older`.
pub async fn restore(data: &Path, file: &Path, accept_older: bool) -> Result<Restored, ServeError> {
    let data = DataDir::open(data)?;
    finish(data.path())?;
    let partial = data.path().join(PARTIAL);
    let unpacked = unpack(&data, file, &partial).await;
    let restored = match unpacked {
        Ok((mark, store)) => judge(&data, &mark, &store, accept_older).await,
        Err(error) => Err(error),
    };
    let Ok(restored) = restored else {
        // What was unpacked holds digests of keys.
        fs::remove_dir_all(&partial).ok();
        return restored;
    };
    let ready = data.path().join(READY);
    let renamed = sync(&partial).and_then(|()| fs::rename(&partial, ready));
    renamed
        .and_then(|()| sync(data.path()))
        .map_err(|cause| in_folder(&data, cause))?;
    finish(data.path())?;
    Ok(restored)
}

/// Completes a restore that was interrupted after it was decided. To be called
/// before the databases of a folder are opened.
pub(crate) fn finish(data: &Path) -> Result<(), ServeError> {
    let ready = data.join(READY);
    if !ready.is_dir() {
        return Ok(());
    }
    let moved = FILES
        .iter()
        .chain([&high_water::FILE])
        .try_for_each(|name| replace(&ready.join(name), &data.join(name)))
        .and_then(|()| sync(data))
        .and_then(|()| fs::remove_dir_all(&ready))
        .and_then(|()| sync(data));
    moved.map_err(|cause| ServeError::Archive { path: ready, cause })
}

/// Moves a file to its place, unless that was done before. What SQLite keeps beside
/// a database belongs to the one that goes.
fn replace(from: &Path, to: &Path) -> io::Result<()> {
    if !from.exists() {
        return Ok(());
    }
    for suffix in ["-wal", "-shm"] {
        let mut name = to.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(from, to)
}

/// Unpacks and proves. The store that comes back is closed by whoever judges it.
async fn unpack(
    data: &DataDir,
    file: &Path,
    partial: &Path,
) -> Result<(Mark, Database), ServeError> {
    let unreadable = |cause| ServeError::Archive {
        path: file.to_owned(),
        cause,
    };
    let archive = File::open(file).map_err(unreadable)?;
    if partial.exists() {
        fs::remove_dir_all(partial).map_err(|cause| in_folder(data, cause))?;
    }
    DirBuilder::new()
        .mode(0o700)
        .create(partial)
        .map_err(|cause| in_folder(data, cause))?;
    let description = archive::unpack(archive, partial).map_err(unreadable)?;
    close(mira_meetings::open(&partial.join("meetings.db"))?).await?;
    let store = mira_store::open(&partial.join("mira.db"))?;
    history::verify(&store).await?;
    Ok((description.mark, store))
}

/// Compares with the present, and writes the mark that will hold.
async fn judge(
    data: &DataDir,
    mark: &Mark,
    store: &Database,
    accept_older: bool,
) -> Result<Restored, ServeError> {
    let lost = lost(data, store).await?;
    if let Some(lost) = &lost
        && !accept_older
    {
        close(store.clone()).await?;
        return Err(ServeError::WouldRevive {
            changes: mark.position,
            lost: lost.clone(),
        });
    }
    let now = history::mark(store).await?;
    close(store.clone()).await?;
    high_water::write(&data.path().join(PARTIAL), &now).map_err(|cause| in_folder(data, cause))?;
    Ok(Restored {
        changes: now.position,
        lost,
    })
}

/// What is lost of what the folder has seen, if anything is.
async fn lost(data: &DataDir, backup: &Database) -> Result<Option<Lost>, ServeError> {
    let mut changes = 0;
    let mut is_older = false;
    if let Some(mark) = high_water::read(data.path())? {
        is_older = !history::is_past(backup, &mark).await?;
        changes = mark.position;
    }
    let path = data.file("mira.db");
    if !path.exists() {
        let revived = None;
        return Ok(is_older.then_some(Lost { changes, revived }));
    }
    // A present that cannot be read is what backups are for.
    let Ok(present) = mira_store::open(&path) else {
        is_older |= changes == 0;
        let revived = None;
        return Ok(is_older.then_some(Lost { changes, revived }));
    };
    let compared = compare(&present, backup).await;
    close(present).await?;
    let (head, revived) = compared?;
    is_older |= !history::is_past(backup, &head).await?;
    let changes = changes.max(head.position);
    let revived = Some((revived.len(), revived.into_iter().take(NAMED).collect()));
    Ok(is_older.then_some(Lost { changes, revived }))
}

/// How far the present has come, and the keys that the backup would revive.
async fn compare(present: &Database, backup: &Database) -> Result<(Mark, Vec<String>), ServeError> {
    let head = history::mark(present).await?;
    let mut alive = HashSet::new();
    for (digest, facts) in facts(backup).await? {
        if is_alive(&facts) {
            alive.insert(digest);
        }
    }
    let mut revived = Vec::new();
    for (digest, facts) in facts(present).await? {
        if !is_alive(&facts) && alive.contains(&digest) {
            revived.push(facts.id.to_string());
        }
    }
    Ok((head, revived))
}

/// Whether somebody has not ended it; what time has ended stays so.
fn is_alive(facts: &KeyFacts) -> bool {
    matches!(facts.state, KeyState::Active | KeyState::Retiring { .. })
}

async fn facts(store: &Database) -> Result<Vec<(KeyDigest, KeyFacts)>, ServeError> {
    let facts: Result<_, StoreError> = store
        .read(|tx| {
            Box::pin(async move {
                let mut all = Vec::new();
                keys::load_facts(tx, |digest, facts| all.push((digest, facts))).await?;
                Ok(all)
            })
        })
        .await;
    Ok(facts?)
}

async fn close(database: Database) -> Result<(), ServeError> {
    Ok(database.close().await.map_err(StoreError::from)?)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn in_folder(data: &DataDir, cause: io::Error) -> ServeError {
    ServeError::Archive {
        path: data.path().to_owned(),
        cause,
    }
}
