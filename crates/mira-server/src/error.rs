//! Why the server does not start, in one sentence that says what to do.

use mira_console::ConsoleError;
use mira_db::{DbError, OpenError};
use mira_meetings::SamplesError;
use mira_node::NodeError;

use crate::ConfigError;

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
        cause: std::io::Error,
    },
    /// The service manager handed over something that cannot be listened on.
    #[error("the socket that was handed over cannot be used: {0}")]
    Inherited(std::io::Error),
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
    Signal(std::io::Error),
    /// A use case was refused.
    #[error("{0}")]
    Console(#[from] ConsoleError),
    /// The demo's file or port cannot be made.
    #[error("the demo cannot be prepared: {0}")]
    Demo(std::io::Error),
    /// The meetings cannot be read or written.
    #[error("the meetings' {0}")]
    Meetings(#[from] DbError),
    /// The demo's meetings cannot be stored.
    #[error("the demo's meetings cannot be stored: {0}")]
    Samples(#[from] SamplesError),
    /// A line of an import cannot be read.
    #[error("line {line}: {what}")]
    Import {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
}
