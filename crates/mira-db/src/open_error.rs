//! Why a data folder or database could not be opened, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::Cause;

/// Why a data folder or database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder does not exist.
    #[error("the folder {} does not exist: create it or name another", path.display())]
    FolderMissing {
        /// The missing folder.
        path: PathBuf,
    },
    /// Something else is in the folder's place.
    #[error("{} is not a folder: move it away or name another folder", path.display())]
    NotAFolder {
        /// What was found.
        path: PathBuf,
    },
    /// A folder is in the database's place.
    #[error("{} is a folder, not a database file: move it away", path.display())]
    NotAFile {
        /// What was found.
        path: PathBuf,
    },
    /// This user may not read and write it, or the file system is read-only.
    #[error("{} cannot be read and written: give this user read and write access", path.display())]
    Denied {
        /// The folder or file.
        path: PathBuf,
    },
    /// Not a database, or a damaged one.
    #[error("{} is damaged, restore it from a backup: {finding}", path.display())]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// The first thing found wrong.
        finding: String,
    },
    /// A newer version of the program has changed the schema.
    #[error(
        "{} was written by a newer version (schema {version}): use that version, \
         or restore an older backup",
        path.display()
    )]
    Newer {
        /// The database file, or the server's address without its password.
        path: PathBuf,
        /// The first schema version unknown here.
        version: i64,
    },
    /// The schema was made by other migrations than this program's.
    #[error(
        "{} has a schema this version does not know (migration {migration}): \
         use the version that wrote it, or restore another backup",
        path.display()
    )]
    Divergent {
        /// The database file, or the server's address without its password.
        path: PathBuf,
        /// The migration that differs, as `V1__name`.
        migration: String,
    },
    /// Another process uses it.
    #[error("{} is in use by another process: stop that process first", path.display())]
    Locked {
        /// The folder or file.
        path: PathBuf,
    },
    /// The text is no address of a PostgreSQL database. It is not repeated, since
    /// it may hold a password.
    #[error(
        "the database address cannot be used, {reason}: \
         write postgres://user:password@host/database"
    )]
    Address {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The server cannot be reached, or does not let this user in.
    #[error("{database} cannot be reached, check the server and the address: {cause}")]
    Unreachable {
        /// The address without its password.
        database: String,
        /// What the network or the server said.
        cause: Cause,
    },
    /// The server takes no writes.
    #[error("{database} is a read replica or set to read only: name the primary server")]
    ReadOnly {
        /// The address without its password.
        database: String,
    },
    /// Something between here and the server shares connections out anew for each
    /// transaction.
    #[error(
        "{database} is behind a proxy that pools transactions: \
         name the server itself, or set the proxy to pool sessions"
    )]
    Pooled {
        /// The address without its password.
        database: String,
    },
    /// A commit that any of several standbys confirmed could be lost when another
    /// of them is promoted.
    #[error(
        "{database} lets any of several standbys confirm a commit: \
         set synchronous_standby_names to FIRST 1 (the standby that may be promoted)"
    )]
    AnyStandby {
        /// The address without its password.
        database: String,
    },
    /// Text in it is not UTF-8.
    #[error("{database} is not encoded in UTF-8: create one with ENCODING 'UTF8'")]
    Encoding {
        /// The address without its password.
        database: String,
    },
    /// The server refused a step of the preparation.
    #[error("{database} cannot be prepared, check the rights of its user: {cause}")]
    Server {
        /// The address without its password.
        database: String,
        /// What the server said.
        cause: Cause,
    },
    /// Anything else the system or the disk answers.
    #[error("{} cannot be opened, check the disk: {cause}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        cause: Cause,
    },
}

impl OpenError {
    /// What it means that `folder`, or an entry of it, answered `error`.
    pub(crate) fn in_folder(folder: &Path, error: io::Error) -> Self {
        let path = folder.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::FolderMissing { path },
            io::ErrorKind::NotADirectory => Self::NotAFolder { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Denied { path }
            }
            _ => Self::io(folder, error),
        }
    }

    pub(crate) fn io(
        path: &Path,
        error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Io {
            path: path.to_owned(),
            cause: error.into().into(),
        }
    }
}
