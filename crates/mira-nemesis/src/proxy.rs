//! A TCP proxy between a node and its database, which spoils what passes.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What happens to the bytes of one direction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Flow {
    /// They pass.
    #[default]
    Pass,
    /// They pass, each read after a pause of so many milliseconds.
    Delay(Range<u64>),
    /// They wait for the fault to end, as packets that are sent again would.
    Hold,
    /// They are lost, and their connection never gets another byte in this
    /// direction, as if its state was forgotten on the way.
    Swallow,
}

/// What is spoiled now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Spoil {
    pub(crate) to_database: Flow,
    pub(crate) to_node: Flow,
    /// Only the connection on which the node listens.
    pub(crate) only_listener: bool,
}

impl Spoil {
    /// Whether the database hears nothing of the node.
    pub(crate) fn cuts(&self) -> bool {
        let is_cut = matches!(self.to_database, Flow::Hold | Flow::Swallow);
        is_cut && !self.only_listener
    }
}

/// What a proxy has done since it was last asked.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) passed: AtomicU64,
    /// Bytes delayed, held or lost.
    pub(crate) spoiled: AtomicU64,
    /// Connections reset.
    pub(crate) reset: AtomicU64,
}

/// A running proxy, ended when dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: tokio::task::JoinHandle<()>,
}

struct Shared {
    database: Mutex<SocketAddr>,
    spoil: watch::Sender<Spoil>,
    /// Grows at every reset: connections from before end.
    resets: watch::Sender<(u64, bool)>,
    counters: Counters,
}

impl Proxy {
    pub(crate) async fn start(database: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let shared = Arc::new(Shared {
            database: Mutex::new(database),
            spoil: watch::Sender::default(),
            resets: watch::Sender::new((0, false)),
            counters: Counters::default(),
        });
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            accepting,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Spoils from now on.
    pub(crate) fn spoil(&self, spoil: Spoil) {
        self.shared.spoil.send_replace(spoil);
    }

    /// Lets everything pass again.
    pub(crate) fn heal(&self) {
        self.spoil(Spoil::default());
    }

    /// Leads new connections elsewhere.
    pub(crate) fn repoint(&self, database: SocketAddr) {
        *lock(&self.shared.database) = database;
    }

    /// Resets the connections there are, or only the one that listens.
    pub(crate) fn reset(&self, only_listener: bool) {
        self.shared.resets.send_modify(|(count, only)| {
            *count += 1;
            *only = only_listener;
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.reset(false);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((node, _)) = listener.accept().await {
        tokio::spawn(carry(node, Arc::clone(&shared)));
    }
}

/// One connection.
async fn carry(node: TcpStream, shared: Arc<Shared>) {
    let address = *lock(&shared.database);
    let mut resets = shared.resets.subscribe();
    resets.mark_unchanged();
    let Ok(database) = TcpStream::connect(address).await else {
        // Closed at once, as a port is where nobody listens.
        let _ = node.set_zero_linger();
        return;
    };
    for stream in [&node, &database] {
        let _ = stream.set_nodelay(true).and(stream.set_zero_linger());
    }
    let (from_node, to_node) = node.into_split();
    let (from_database, to_database) = database.into_split();
    let listens = watch::Sender::new(false);
    let towards_database = Direction {
        shared: &shared,
        flow: |spoil| &spoil.to_database,
        listens: &listens,
    };
    let towards_node = Direction {
        flow: |spoil| &spoil.to_node,
        ..towards_database
    };
    let reset = async {
        while resets.changed().await.is_ok() {
            let (_, only_listener) = *resets.borrow_and_update();
            if !only_listener || *listens.borrow() {
                break;
            }
        }
    };
    tokio::select! {
        () = towards_database.copy(from_node, to_database) => {}
        () = towards_node.copy(from_database, to_node) => {}
        () = reset => {
            shared.counters.reset.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// One direction of a connection.
#[derive(Clone, Copy)]
struct Direction<'c> {
    shared: &'c Shared,
    flow: fn(&Spoil) -> &Flow,
    listens: &'c watch::Sender<bool>,
}

impl Direction<'_> {
    async fn copy(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut bytes = vec![0; 64 * 1024];
        let mut is_lost = false;
        while let Ok(length @ 1..) = from.read(&mut bytes).await {
            let part = bytes.get(..length).unwrap_or_default();
            if part.windows(7).any(|window| window == b"LISTEN ") {
                self.listens.send_replace(true);
            }
            let size = u64::try_from(length).unwrap_or(0);
            if !is_lost {
                is_lost = self.pass(size).await;
            }
            if is_lost {
                self.count_spoiled(size);
            } else if to.write_all(part).await.is_err() {
                return;
            }
        }
    }

    /// Waits until the bytes may pass; true if they never may.
    async fn pass(self, size: u64) -> bool {
        let mut spoil = self.shared.spoil.subscribe();
        let mut is_counted = false;
        loop {
            let now = spoil.borrow_and_update().clone();
            let concerned = !now.only_listener || *self.listens.borrow();
            let flow = if concerned {
                (self.flow)(&now)
            } else {
                &Flow::Pass
            };
            if *flow != Flow::Pass && !is_counted {
                is_counted = true;
                self.count_spoiled(size);
            }
            match flow {
                Flow::Pass => {
                    let counters = &self.shared.counters;
                    counters.passed.fetch_add(size, Ordering::Relaxed);
                    return false;
                }
                Flow::Delay(range) => {
                    let pause = fastrand::u64(range.clone());
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    return false;
                }
                Flow::Swallow => return true,
                Flow::Hold => {
                    if spoil.changed().await.is_err() {
                        return true;
                    }
                }
            }
        }
    }

    fn count_spoiled(self, size: u64) {
        let counters = &self.shared.counters;
        counters.spoiled.fetch_add(size, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
