//! The signals that end a server.

use tokio::signal::unix::{SignalKind, signal};

use crate::error::CommandError;

/// A future that is ready once this process was asked to stop: by SIGTERM, or by
/// SIGINT from a terminal. Both are caught from now on.
pub(crate) fn requested() -> Result<impl Future<Output = ()> + Send + 'static, CommandError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(CommandError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CommandError::Runtime)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
