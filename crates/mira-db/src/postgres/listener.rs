//! A connection on which nodes tell each other what is worth knowing at once.

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_postgres::config::TargetSessionAttrs;

use super::PostgresOptions;
use super::address::Address;
use super::error::{cause, words};
use super::session::Session;
use crate::error::{Cause, DbError, Outage};

/// What hears everything that is said on one channel, by itself too. Nothing is
/// promised: what is said may be lost, doubled or late.
pub struct Ear {
    heard: mpsc::Receiver<String>,
}

/// What says something there, on the same connection. Dropped, it closes that.
pub struct Mouth {
    session: Session,
    channel: &'static str,
    options: PostgresOptions,
}

/// Opens a connection of its own for `channel`.
pub(super) async fn open(
    address: &Address,
    options: &PostgresOptions,
    channel: &'static str,
) -> Result<(Ear, Mouth), Cause> {
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
    let mouth = Mouth {
        session,
        channel,
        options: options.clone(),
    };
    Ok((Ear { heard }, mouth))
}

impl Ear {
    /// What is said next; `None` if the connection is lost.
    pub async fn next(&mut self) -> Option<String> {
        self.heard.recv().await
    }
}

impl Mouth {
    /// Says all of `words` in one trip; with none, it only finds out whether the
    /// connection is still there.
    pub async fn say(&self, words: &[String]) -> Result<(), DbError> {
        let sql = "SELECT pg_notify($1, word) FROM unnest($2::TEXT[]) AS said (word)";
        let saying = async {
            let statement = self.session.prepare(sql).await?;
            let client = &self.session.client;
            client.execute(&statement, &[&self.channel, &words]).await
        };
        match timeout(self.options.answer_timeout, saying).await {
            Ok(said) => Ok(said.map(|_| ())?),
            Err(_) => Err(DbError::Unavailable(Outage::Silent)),
        }
    }
}

/// What is heard and not fetched; more is lost.
const MOST_UNHEARD: usize = 4_096;
