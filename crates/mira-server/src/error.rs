//! Why the server does not start, in one sentence that says what to do.

use std::io;
use std::path::PathBuf;

use mira_console::ConsoleError;
use mira_db::{DbError, OpenError};
use mira_meetings::SamplesError;
use mira_node::NodeError;
use mira_store::StoreError;

use crate::{ConfigError, Lost};

/// Why the server, or a command on its data folder, stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store could be opened and not read.
    #[error("the store cannot be read: {0}")]
    Node(#[from] NodeError),
    /// Nothing can listen there.
    #[error("cannot listen on {place}: {cause}; choose another address with --listen")]
    Listen {
        /// The address or the socket.
        place: String,
        /// What the system said.
        cause: io::Error,
    },
    /// The service manager handed over something that cannot be listened on.
    #[error("the socket that was handed over cannot be used: {0}")]
    Inherited(io::Error),
    /// A model's configuration cannot be used.
    #[error("model \"{model}\": {cause}")]
    Model {
        /// The model.
        model: String,
        /// Why.
        cause: mira_outbound::InvalidModel,
    },
    /// A service's upstream cannot be forwarded to.
    #[error("service \"{service}\": its upstream cannot be forwarded to")]
    Upstream {
        /// The service.
        service: mira_key::ServiceName,
    },
    /// The system does not let signals be caught.
    #[error("signals cannot be caught: {0}")]
    Signal(io::Error),
    /// A use case was refused.
    #[error("{0}")]
    Console(#[from] ConsoleError),
    /// The demo's file or port cannot be made.
    #[error("the demo cannot be prepared: {0}")]
    Demo(io::Error),
    /// The meetings cannot be read or written.
    #[error("the meetings' {0}")]
    Meetings(#[from] DbError),
    /// The demo's meetings cannot be stored.
    #[error("the demo's meetings cannot be stored: {0}")]
    Samples(#[from] SamplesError),
    /// The store could be opened and not used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A log of the store has been changed by somebody else.
    #[error("the {log} is not what was written, from entry {position} on: use another backup")]
    BrokenLog {
        /// Which.
        log: &'static str,
        /// The first entry that is wrong.
        position: u64,
    },
    /// A backup, or a place that it is made or restored in, cannot be used.
    #[error("{}: {cause}", path.display())]
    Archive {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The high-water mark cannot be read.
    #[error("{}: {cause}; remove the file to go on without it", path.display())]
    HighWater {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The store was put in the place of a newer one.
    #[error(
        "the database in {} has {position} changes and is not what this folder has seen, \
         which is {mark}: keys that were revoked since would work again. Put the right one \
         back; or, to go on with this one, `mira backup` it and `mira restore --accept-older`",
        path.display()
    )]
    Older {
        /// The data folder.
        path: PathBuf,
        /// How far the store has come.
        position: u64,
        /// How far it should have come.
        mark: u64,
    },
    /// The backup does not hold everything that the folder has seen.
    #[error(
        "the backup has {changes} changes and is older than what this folder has seen, \
         which is {}, or another installation's. {lost}. To restore it all the same, add \
         --accept-older",
        lost.changes
    )]
    WouldRevive {
        /// How many changes the backup has.
        changes: u64,
        /// What would be lost.
        lost: Lost,
    },
    /// A line of an import cannot be read.
    #[error("line {line}: {what}")]
    Import {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
}
