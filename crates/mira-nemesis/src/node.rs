//! One node: a `mira serve` process, and the proxy on its way to the database.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mira_testkit::{Demo, Server, ServerOptions, free_port};
use rustix::process::{Pid, Signal, kill_process};

use crate::clock::Stamp;
use crate::installation::loopback;
use crate::proxy::{Proxy, Spoil};
use crate::record::Record;
use crate::witness;

/// A node in contact again serves within this time.
const RECOVERY_BOUND: Duration = Duration::from_secs(2);

/// How long a node may take to start, all attempts included.
const START_PATIENCE: Duration = Duration::from_mins(1);
const START_PAUSE: Duration = Duration::from_millis(100);

/// How much of a log is shown.
const LAST_LINES: usize = 5;

/// How a node is started, every time.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) binary: PathBuf,
    pub(crate) config: String,
    pub(crate) data: PathBuf,
    pub(crate) database: Option<String>,
    /// A bug that a planted binary is to have.
    pub(crate) bug: Option<String>,
}

/// A node of the installation.
pub(crate) struct Node {
    pub(crate) index: usize,
    pub(crate) address: SocketAddr,
    pub(crate) proxy: Option<Proxy>,
    recipe: Recipe,
    server: Mutex<Option<Server>>,
    /// Odd while something is done to it.
    trouble: AtomicU64,
    /// Since when it has no way to its database.
    cut_at: AtomicU64,
}

impl Node {
    pub(crate) fn new(index: usize, recipe: Recipe, proxy: Option<Proxy>) -> Self {
        let address = loopback(free_port());
        Self {
            index,
            address,
            proxy,
            recipe,
            server: Mutex::default(),
            trouble: AtomicU64::new(0),
            cut_at: AtomicU64::new(Stamp::NEVER.nanos()),
        }
    }

    /// Starts the process and waits until it listens. One that ends, because its
    /// database takes its time, is started again, as the service manager does.
    pub(crate) fn start(&self) {
        let begun = Stamp::now();
        loop {
            let error = match self.try_start() {
                Ok(server) => {
                    *self.server() = Some(server);
                    return;
                }
                Err(error) => error,
            };
            let index = self.index;
            assert!(
                begun.elapsed() < START_PATIENCE,
                "node {index} does not start; {error}"
            );
            std::thread::sleep(START_PAUSE);
        }
    }

    fn try_start(&self) -> Result<Server, String> {
        let recipe = self.recipe.clone();
        let database = recipe.database.map(|url| ["--database".to_owned(), url]);
        let bug = recipe.bug.map(|bug| ("PLANTED_BUG".to_owned(), bug));
        let options = ServerOptions {
            demo: true,
            config: Some(recipe.config),
            listen: Some(self.address.to_string()),
            data: Some(recipe.data),
            arguments: database.into_iter().flatten().collect(),
            environment: bug.into_iter().collect(),
        };
        Server::try_start(&recipe.binary, options)
    }

    pub(crate) fn demo(&self) -> Option<Demo> {
        self.server().as_ref().map(Server::demo)
    }

    /// Sends a signal to the process; whether there is one.
    pub(crate) fn signal(&self, signal: Signal) -> bool {
        let id = self.server().as_ref().map(Server::id);
        let pid = id.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
    }

    /// Kills the process at once; whether there was one.
    pub(crate) fn kill(&self) -> bool {
        let server = self.server().take();
        server.is_some_and(|server| server.kill().code.is_none())
    }

    /// Stops the process as an operator would, so that nobody waits for it.
    pub(crate) fn stop(&self) {
        if let Some(server) = self.server().take() {
            server.stop();
        }
    }

    /// The end of what it wrote to its log.
    fn last_words(&self) -> String {
        let log = self.server().as_ref().map(Server::stderr);
        let log = log.unwrap_or_default();
        let last: Vec<_> = log.lines().rev().take(LAST_LINES).collect();
        last.into_iter().rev().collect::<Vec<_>>().join("\n    ")
    }

    /// Whether it has written this to its log.
    pub(crate) fn has_said(&self, text: &str) -> bool {
        let log = self.server().as_ref().map(Server::stderr);
        log.is_some_and(|log| log.contains(text))
    }

    /// Another node on the same way to the database, at an address that no client
    /// knows. It begins with nothing.
    pub(crate) fn spare(&self, index: usize) -> Self {
        let mut recipe = self.recipe.clone();
        recipe.data.set_file_name(format!("node-{index}"));
        Self::new(index, recipe, None)
    }

    /// Something is done to it from now on.
    pub(crate) fn begin_trouble(&self) {
        if self.trouble.load(Ordering::SeqCst).is_multiple_of(2) {
            self.trouble.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// It has recovered.
    pub(crate) fn end_trouble(&self) {
        if !self.trouble.load(Ordering::SeqCst).is_multiple_of(2) {
            self.trouble.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Which trouble it is in, odd, or how often it was in one.
    pub(crate) fn trouble(&self) -> u64 {
        self.trouble.load(Ordering::SeqCst)
    }

    /// Since when it has been cut off.
    pub(crate) fn cut_at(&self) -> Stamp {
        Stamp::of_nanos(self.cut_at.load(Ordering::SeqCst))
    }

    /// Spoils its way to the database. `cuts` if nothing passes any more.
    pub(crate) fn spoil(&self, spoil: Spoil, cuts: bool) {
        self.begin_trouble();
        if let Some(proxy) = &self.proxy {
            proxy.spoil(spoil);
        }
        if cuts {
            self.cut_at.store(Stamp::now().nanos(), Ordering::SeqCst);
        }
    }

    /// Its database is gone for good.
    pub(crate) fn lose_database(&self) {
        self.cut_at.store(Stamp::now().nanos(), Ordering::SeqCst);
    }

    /// Lets everything pass again.
    pub(crate) fn heal(&self) {
        self.cut_at.store(Stamp::NEVER.nanos(), Ordering::SeqCst);
        if let Some(proxy) = &self.proxy {
            proxy.heal();
        }
    }

    /// Waits until it serves again, and judges how long that took since
    /// `healed_at`.
    pub(crate) async fn recover(&self, key: &str, healed_at: Stamp, record: &Record) {
        let took = witness::serves_again(self.address, key, healed_at).await;
        let index = self.index;
        if let Some(took) = took {
            record.recovery(took);
            if took > RECOVERY_BOUND {
                record.slow(format!("node {index} served again only after {took:.1?}"));
            }
        } else {
            let log = self.last_words();
            record.violation(format!(
                "node {index} does not serve again:
    {log}"
            ));
        }
        self.end_trouble();
    }

    fn server(&self) -> std::sync::MutexGuard<'_, Option<Server>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
