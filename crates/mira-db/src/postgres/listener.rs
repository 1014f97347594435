//! A connection on which nodes tell each other what is worth knowing at once.

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_postgres::config::TargetSessionAttrs;

use super::PostgresOptions;
use super::address::Address;
use super::error::{cause, words};
use super::session::Session;
use crate::error::{Cause, DbError, Outage};

/// Hears every notification of one channel, its own too. Nothing is
/// promised: notifications may be lost, doubled or late.
pub struct Listener {
    heard: mpsc::Receiver<String>,
}

/// Notifies that channel, on the same connection. Dropped, it closes that.
pub struct Notifier {
    session: Session,
    channel: &'static str,
    options: PostgresOptions,
}

/// Opens a connection of its own for `channel`.
pub(super) async fn open(
    address: &Address,
    options: &PostgresOptions,
    channel: &'static str,
) -> Result<(Listener, Notifier), Cause> {
    let (notify, heard) = mpsc::channel(MOST_UNHEARD);
    let target = TargetSessionAttrs::ReadWrite;
    let session = Session::open_to_hear(address, options, target, Some(notify)).await?;
    // Nothing here is to survive anything, so nothing waits for a disk.
    let listen = format!("SET synchronous_commit = off; LISTEN {channel}");
    let listening = session.client.batch_execute(&listen);
    timeout(options.connect_timeout, listening)
        .await
        .map_err(|_| words("no answer to LISTEN"))?
        .map_err(|error| cause(&error))?;
    let notifier = Notifier {
        session,
        channel,
        options: options.clone(),
    };
    Ok((Listener { heard }, notifier))
}

impl Listener {
    /// The next payload; `None` if the connection is lost.
    pub async fn next(&mut self) -> Option<String> {
        self.heard.recv().await
    }
}

impl Notifier {
    /// Notifies of all `payloads` in one trip; with none, it only finds out whether the
    /// connection is still there.
    pub async fn notify(&self, payloads: &[String]) -> Result<(), DbError> {
        let sql = "SELECT pg_notify($1, payload) FROM unnest($2::TEXT[]) AS sent (payload)";
        let notifying = async {
            let statement = self.session.prepare(sql).await?;
            let client = &self.session.client;
            client
                .execute(&statement, &[&self.channel, &payloads])
                .await
        };
        match timeout(self.options.answer_timeout, notifying).await {
            Ok(sent) => Ok(sent.map(|_| ())?),
            Err(_) => Err(DbError::Unavailable(Outage::Silent)),
        }
    }
}

/// What is heard and not fetched; more is lost.
const MOST_UNHEARD: usize = 4_096;
