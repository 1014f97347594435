//! The log of a server: on stderr, filtered by `MIRA_LOG` (default `info`), as
//! text or, with `MIRA_LOG_FORMAT=json`, one JSON object a line.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::EnvFilter;

use crate::error::CommandError;

/// Starts logging.
pub(crate) fn start(environment: &BTreeMap<String, String>) -> Result<(), CommandError> {
    let filter = environment.get("MIRA_LOG").map_or("info", String::as_str);
    let filter = EnvFilter::builder()
        .parse(filter)
        .map_err(CommandError::LogFilter)?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr);
    match environment.get("MIRA_LOG_FORMAT").map(String::as_str) {
        None | Some("" | "text") => log.with_ansi(stderr().is_terminal()).init(),
        Some("json") => log.json().flatten_event(true).init(),
        Some(_) => return Err(CommandError::Usage("MIRA_LOG_FORMAT is text or json")),
    }
    Ok(())
}
