//! The folder that holds everything durable, owned by one process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::open_error::OpenError;

/// The data folder, locked against other processes until it is dropped.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// Holds the lock; the system frees it even when the process is killed.
    _lock: File,
}

impl DataDir {
    /// Opens and locks the folder, creating its last component (mode 0700) if
    /// that is missing.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        match DirBuilder::new().mode(0o700).create(path) {
            // Without this, a power failure could take the folder away with
            // everything acknowledged in it.
            Ok(()) => sync(parent(path))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(OpenError::in_folder(parent(path), error)),
        }
        Self::existing(path)
    }

    /// Opens and locks the folder, which must exist.
    pub fn existing(path: &Path) -> Result<Self, OpenError> {
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join(LOCK_FILE))
            .map_err(|error| OpenError::in_folder(path, error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(OpenError::io(path, error)),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of the file called `name` in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// The folder that holds `path`.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Makes new entries of `folder` durable.
fn sync(folder: &Path) -> Result<(), OpenError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| OpenError::in_folder(folder, error))
}

const LOCK_FILE: &str = "mira.lock";
