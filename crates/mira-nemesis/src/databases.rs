//! The database of an installation, and the standby that takes over.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mira_testkit::Postgres;
use tokio::task::block_in_place;

use crate::installation::loopback;
use crate::proxy::Proxy;

/// The name of a standby in `synchronous_standby_names`.
const STANDBY: &str = "standby";
const STEP: Duration = Duration::from_millis(20);

/// A primary, and perhaps a standby.
pub(crate) struct Databases(Mutex<Pair>);

struct Pair {
    primary: Arc<Postgres>,
    standby: Option<Arc<Postgres>>,
    /// The primary before the last promotion, which is dead.
    former: Option<Arc<Postgres>>,
}

impl Databases {
    pub(crate) fn new() -> Self {
        let primary = Arc::new(Postgres::start(&[]));
        Self(Mutex::new(Pair {
            primary,
            standby: None,
            former: None,
        }))
    }

    /// The server that takes writes.
    pub(crate) fn primary(&self) -> Arc<Postgres> {
        Arc::clone(&self.lock().primary)
    }

    /// Makes a standby that has every commit before it is confirmed. It is copied
    /// before the primary waits for it, so that it waits for none when it is
    /// promoted.
    pub(crate) fn add_synchronous_standby(&self) {
        let primary = self.primary();
        let standby = Postgres::start_standby(loopback(primary.port()), STANDBY, &[]);
        let wait = format!("ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 ({STANDBY})'");
        primary.execute("postgres", &wait);
        primary.execute("postgres", "SELECT pg_reload_conf()");
        let is_waited_for = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        while primary.execute("postgres", is_waited_for) == "0" {
            std::thread::sleep(STEP);
        }
        self.lock().standby = Some(Arc::new(standby));
    }

    /// Makes a standby that nobody waits for, behind a proxy.
    pub(crate) async fn add_asynchronous_standby(&self) -> io::Result<Proxy> {
        let proxy = Proxy::start(loopback(self.primary().port())).await?;
        let standby = block_in_place(|| Postgres::start_standby(proxy.address(), "lagging", &[]));
        self.lock().standby = Some(Arc::new(standby));
        Ok(proxy)
    }

    /// Waits until the standby has all that the primary has by now.
    pub(crate) fn await_replay(&self) {
        let standby = self.lock().standby.clone();
        let Some(standby) = standby else { return };
        let primary = self.primary();
        let place = primary.execute("postgres", "SELECT pg_current_wal_lsn()");
        let has = format!("SELECT pg_last_wal_replay_lsn() >= '{place}'");
        while standby.execute("postgres", &has) != "t" {
            std::thread::sleep(STEP);
        }
    }

    /// Kills the primary and promotes the standby; gives the new primary.
    pub(crate) fn fail_over(&self) -> Option<Arc<Postgres>> {
        let standby = self.lock().standby.take()?;
        self.primary().kill_machine();
        standby.promote();
        let mut pair = self.lock();
        pair.former = Some(std::mem::replace(&mut pair.primary, Arc::clone(&standby)));
        Some(standby)
    }

    /// Kills the primary, and starts the one that was before it again.
    pub(crate) fn swap(&self) -> Option<Arc<Postgres>> {
        let former = self.lock().former.take()?;
        self.primary().kill();
        former.start_again();
        let mut pair = self.lock();
        pair.former = Some(std::mem::replace(&mut pair.primary, Arc::clone(&former)));
        Some(former)
    }

    fn lock(&self) -> MutexGuard<'_, Pair> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Databases;

    #[test]
    fn promoted_standby_has_every_confirmed_commit() {
        let databases = Databases::new();
        let make = "CREATE TABLE noted (number int)";
        databases.primary().execute("postgres", make);
        for number in 0..2 {
            databases.add_synchronous_standby();
            let insert = format!("INSERT INTO noted VALUES ({number})");
            databases.primary().execute("postgres", &insert);
            databases.fail_over().unwrap();
        }
        let sum = "SELECT count(*) FROM noted";
        assert_eq!(databases.primary().execute("postgres", sum), "2");
        databases.primary().kill();
        databases.primary().start_again();
        assert_eq!(databases.primary().execute("postgres", sum), "2");
    }
}
