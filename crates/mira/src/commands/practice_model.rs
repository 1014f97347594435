//! `mira practice-model`: a model server for offline work.

use std::net::SocketAddr;

use clap::Args;
use tokio::net::TcpListener;

use super::Context;
use crate::error::CommandError;
use crate::terminal::say;
use crate::{stop, trace};

/// `mira practice-model`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9099")]
    pub(crate) listen: SocketAddr,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<(), CommandError> {
    trace::start(&context.environment)?;
    let shutdown = stop::requested()?;
    let listener = TcpListener::bind(arguments.listen).await;
    let listener = listener.map_err(CommandError::Runtime)?;
    let address = listener.local_addr().map_err(CommandError::Runtime)?;
    say(&format!(
        "listening on http://{address}/v1 as {}",
        mira_practice::MODELS.join(", ")
    ));
    mira_practice::serve(listener, shutdown)
        .await
        .map_err(CommandError::Runtime)
}
