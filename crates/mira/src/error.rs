//! Why a command did not do what it was asked to, in one sentence.

use std::io;
use std::path::PathBuf;

use mira_outbound::OutboundError;
use mira_server::{ConfigError, ServeError};

/// Why a command ended without doing what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// Arguments or variables that mean nothing together.
    #[error("{0}")]
    Usage(&'static str),
    /// The server said no.
    #[error("{message} ({code}, status {status}, request {request_id})")]
    Refused {
        message: String,
        code: String,
        status: u16,
        request_id: String,
    },
    /// Whatever answered is not this product.
    #[error("{url} answered with status {status} and nothing that this command understands")]
    NotMira { url: String, status: u16 },
    /// The server could not be asked.
    #[error("{url}: {reason}")]
    Unreachable { url: String, reason: OutboundError },
    /// Nobody to act for.
    #[error(
        "set MIRA_API_KEY to an organization key with the admin permission, or run `mira login`"
    )]
    NotSignedIn,
    /// A credential with characters that no header field carries.
    #[error("the API key has characters that no key has")]
    UnprintableKey,
    /// A file could not be read or written.
    #[error("{}: {reason}", path.display())]
    File { path: PathBuf, reason: io::Error },
    /// Stdin or the terminal could not be read.
    #[error("the input cannot be read: {0}")]
    Input(io::Error),
    /// Neither of the variables that say where a person's files are.
    #[error("neither XDG_CONFIG_HOME nor HOME is set, so there is no place to keep a session")]
    NoHome,
    /// `MIRA_LOG` is no filter.
    #[error("MIRA_LOG: {0}")]
    LogFilter(tracing_subscriber::filter::ParseError),
    /// Nothing can listen or wait for signals.
    #[error("{0}")]
    Runtime(io::Error),
    /// What was read is not a key.
    #[error("not a key: {0}")]
    NotAKey(mira_key::ParseKeyError),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server, or a command on its data folder, could not do it.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl CommandError {
    /// 2 for what the caller wrote, 1 for everything else.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::LogFilter(_) | Self::UnprintableKey => 2,
            _ => 1,
        }
    }
}
