//! Connections that wait for the next request.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::connection::Connection;

/// More than this wait for nobody.
const MAX_IDLE: usize = 128;
/// Upstreams close idle connections sooner or later; better to do it first.
const MAX_IDLE_TIME: Duration = Duration::from_secs(30);
/// How often connections that wait too long are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// The idle connections of one upstream, the last one used on top.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    idle: Vec<Idle>,
    is_swept: bool,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Instant,
}

impl Pool {
    /// A connection that is alive, as far as can be known on this side.
    pub(crate) async fn take(&self) -> Option<Connection> {
        while let Some(mut idle) = self.pop() {
            let is_ready = poll_fn(|cx| Poll::Ready(idle.connection.poll_is_ready(cx)));
            if is_ready.await && !idle.is_too_old() {
                return Some(idle.connection);
            }
        }
        None
    }

    /// Keeps `connection` for the next request.
    pub(crate) fn put(self: &Arc<Self>, connection: Connection) {
        let mut state = self.lock();
        if state.idle.len() >= MAX_IDLE {
            return;
        }
        let since = Instant::now();
        state.idle.push(Idle { connection, since });
        if !state.is_swept {
            state.is_swept = true;
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
    }

    fn pop(&self) -> Option<Idle> {
        self.lock().idle.pop()
    }

    /// Drops what is too old. Whether anything is left.
    fn drop_old(&self) -> bool {
        let mut state = self.lock();
        let old: Vec<Idle> = state
            .idle
            .extract_if(.., |idle| idle.is_too_old())
            .collect();
        state.is_swept = !state.idle.is_empty();
        let is_left = state.is_swept;
        // Closed without the lock, which other requests wait for.
        drop(state);
        drop(old);
        is_left
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    fn is_too_old(&self) -> bool {
        self.since.elapsed() >= MAX_IDLE_TIME
    }
}

/// Goes on for as long as connections wait.
async fn sweep(pool: Weak<Pool>) {
    loop {
        sleep(SWEEP_EVERY).await;
        match pool.upgrade() {
            Some(pool) if pool.drop_old() => {}
            _ => return,
        }
    }
}
