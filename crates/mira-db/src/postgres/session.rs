//! One connection, set up and watched.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::error::Severity;
use tokio_postgres::{AsyncMessage, Client, Connection, Error, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::PostgresOptions;
use super::address::Address;
use super::error::{cause, words};
use crate::error::Cause;

/// One connection. Dropped, it is closed at once, and the server rolls back what
/// it had not committed.
pub(super) struct Session {
    pub(super) client: Client,
    statements: Mutex<HashMap<String, Statement>>,
    /// Set when the server has warned.
    warned: Arc<AtomicBool>,
    driver: JoinHandle<()>,
}

impl Session {
    /// Connects to a server that takes writes, or to `any`.
    pub(super) async fn open(
        address: &Address,
        options: &PostgresOptions,
        target: TargetSessionAttrs,
    ) -> Result<Self, Cause> {
        Self::open_to_hear(address, options, target, None).await
    }

    /// The same, and what it is notified of is put into `heard`.
    pub(super) async fn open_to_hear(
        address: &Address,
        options: &PostgresOptions,
        target: TargetSessionAttrs,
        heard: Option<mpsc::Sender<String>>,
    ) -> Result<Self, Cause> {
        let opening = async {
            let session = Self::connect(address, target, heard).await?;
            session.client.batch_execute(&settings(options)).await?;
            Ok(session)
        };
        match timeout(options.connect_timeout, opening).await {
            Ok(opened) => opened.map_err(|error: Error| cause(&error)),
            Err(_) => Err(words(format!(
                "no answer within {} s",
                options.connect_timeout.as_secs_f32()
            ))),
        }
    }

    async fn connect(
        address: &Address,
        target: TargetSessionAttrs,
        heard: Option<mpsc::Sender<String>>,
    ) -> Result<Self, Error> {
        let mut config = address.config.clone();
        config.target_session_attrs(target);
        let warned = Arc::new(AtomicBool::new(false));
        let news = News {
            warned: Arc::clone(&warned),
            heard,
        };
        let (client, driver) = match &address.tls {
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                (client, tokio::spawn(drive(connection, news)))
            }
            Some(tls) => {
                let tls = MakeRustlsConnect::new(tls.clone());
                let (client, connection) = config.connect(tls).await?;
                (client, tokio::spawn(drive(connection, news)))
            }
        };
        Ok(Self {
            client,
            statements: Mutex::default(),
            warned,
            driver,
        })
    }

    /// The statement, compiled once.
    pub(super) async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        let known = self.statements().get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        let mut statements = self.statements();
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Whether the server has warned since this was last asked.
    pub(super) fn take_warning(&self) -> bool {
        self.warned.swap(false, Ordering::AcqRel)
    }

    fn statements(&self) -> MutexGuard<'_, HashMap<String, Statement>> {
        self.statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Where what the server says by itself is put.
struct News {
    warned: Arc<AtomicBool>,
    heard: Option<mpsc::Sender<String>>,
}

impl News {
    fn take(&self, message: AsyncMessage) {
        match message {
            AsyncMessage::Notice(notice) if notice.parsed_severity() == Some(Severity::Warning) => {
                self.warned.store(true, Ordering::Release);
            }
            AsyncMessage::Notification(heard) => {
                if let Some(hears) = &self.heard {
                    // Whoever hears too slowly misses something, and must not keep
                    // the connection from being read.
                    hears.try_send(heard.payload().to_owned()).ok();
                }
            }
            _ => {}
        }
    }
}

/// Moves messages between the client and the server, and passes news on. A
/// warning is noted before the answer that it precedes is passed on.
async fn drive<S, T>(mut connection: Connection<S, T>, news: News)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        news.take(message);
    }
}

fn settings(options: &PostgresOptions) -> String {
    format!(
        "SET synchronous_commit = on;
         SET statement_timeout = {};
         SET lock_timeout = {};
         SET idle_in_transaction_session_timeout = {}",
        options.statement_timeout.as_millis(),
        options.lock_timeout.as_millis(),
        options.idle_timeout.as_millis(),
    )
}

/// Compiled statements kept per connection.
const STATEMENTS: usize = 256;
