//! The connections, lent to one transaction after the other.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_postgres::config::TargetSessionAttrs;

use super::PostgresOptions;
use super::address::Address;
use super::listener::{self, Listener, Notifier};
use super::session::Session;
use crate::error::{DbError, Outage};

/// The connections to one server.
pub(super) struct Pool {
    address: Arc<Address>,
    options: PostgresOptions,
    idle: Mutex<Vec<Session>>,
    places: Arc<Semaphore>,
    size: u32,
}

/// A connection in use. It goes back by [`Lease::give_back`] alone: dropped, it
/// is closed.
pub(super) struct Lease {
    pub(super) session: Session,
    pool: Arc<Pool>,
    _place: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(address: Arc<Address>, options: PostgresOptions) -> Self {
        let size = u32::try_from(options.connections)
            .unwrap_or(u32::MAX)
            .clamp(1, MOST);
        Self {
            address,
            options,
            idle: Mutex::default(),
            places: Arc::new(Semaphore::new(size as usize)),
            size,
        }
    }

    pub(super) fn options(&self) -> &PostgresOptions {
        &self.options
    }

    /// Another pool to the same server.
    pub(super) fn with_options(&self, options: PostgresOptions) -> Self {
        Self::new(Arc::clone(&self.address), options)
    }

    /// Waits for a place, and connects anew if no sound connection is idle.
    pub(super) async fn take(self: &Arc<Self>) -> Result<Lease, DbError> {
        let place = Arc::clone(&self.places).acquire_owned();
        let place = timeout(self.options.queue_timeout, place)
            .await
            .map_err(|_| DbError::Unavailable(Outage::Busy))?
            .map_err(|_| DbError::Unavailable(Outage::Closed))?;
        let session = match self.pop() {
            Some(session) => session,
            None => Session::open(&self.address, &self.options, TargetSessionAttrs::ReadWrite)
                .await
                .map_err(|cause| DbError::Unavailable(Outage::Storage(cause)))?,
        };
        Ok(Lease {
            session,
            pool: Arc::clone(self),
            _place: place,
        })
    }

    /// A connection beside those that are lent.
    pub(super) async fn listen(
        &self,
        channel: &'static str,
    ) -> Result<(Listener, Notifier), DbError> {
        listener::open(&self.address, &self.options, channel)
            .await
            .map_err(|cause| DbError::Unavailable(Outage::Storage(cause)))
    }

    /// Waits for the transactions that run and those that wait, and closes.
    pub(super) async fn close(&self) {
        // An error says that it is closed already.
        let all = self.places.acquire_many(self.size).await;
        self.places.close();
        drop(all);
        self.idle().clear();
    }

    /// Closes the connections that nobody uses: where one has failed, the others
    /// may have, and each would cost somebody a wait to find out.
    pub(super) fn forget_idle(&self) {
        self.idle().clear();
    }

    fn pop(&self) -> Option<Session> {
        let mut idle = self.idle();
        while let Some(session) = idle.pop() {
            if !session.client.is_closed() {
                return Some(session);
            }
        }
        None
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    pub(super) fn options(&self) -> &PostgresOptions {
        self.pool.options()
    }

    /// Closes the connections that nobody uses.
    pub(super) fn forget_idle(&self) {
        self.pool.forget_idle();
    }

    /// Lends the connection to others again.
    pub(super) fn give_back(self) {
        let Self { session, pool, .. } = self;
        pool.idle().push(session);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.address).finish()
    }
}

/// More connections than this are of no use to any server.
const MOST: u32 = 1024;
