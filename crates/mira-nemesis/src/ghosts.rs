//! Dead keys that are presented until the phase ends, many at a time, so that a
//! node which is stopped, cut off or started anew finds them waiting.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::clock::Stamp;
use crate::exchange::Exchange;
use crate::record::Record;
use crate::victim::Victim;

const PAUSE: Duration = Duration::from_millis(80);
const DEPTH: usize = 8;
const PATIENCE: Duration = Duration::from_secs(20);
/// The same for many at the end of something.
const CALL_PATIENCE: Duration = Duration::from_mins(1);

/// The dead.
#[derive(Default)]
pub(crate) struct Ghosts(Mutex<Vec<Arc<Victim>>>);

impl Ghosts {
    pub(crate) fn add(&self, victim: Arc<Victim>) {
        self.lock().push(victim);
    }

    /// Presents some of them at one node, for ever.
    pub(crate) async fn haunt(
        self: Arc<Self>,
        node: usize,
        door: SocketAddr,
        record: Arc<Record>,
        mut chance: fastrand::Rng,
    ) {
        loop {
            sleep(PAUSE).await;
            let Ok(mut exchange) = Exchange::open(door).await else {
                continue;
            };
            loop {
                sleep(PAUSE).await;
                let some = self.choose(&mut chance);
                let presented = present(&some, node, &mut exchange);
                if !matches!(timeout(PATIENCE, presented).await, Ok(Ok(()))) {
                    record.broken();
                    break;
                }
            }
        }
    }

    /// Presents the `latest` of them once at one node; false if it did not answer.
    pub(crate) async fn call(&self, node: usize, door: SocketAddr, latest: usize) -> bool {
        let called: Vec<_> = self.lock().iter().rev().take(latest).cloned().collect();
        let called = async {
            let mut exchange = Exchange::open(door).await?;
            for some in called.chunks(DEPTH) {
                present(some, node, &mut exchange).await?;
            }
            std::io::Result::Ok(())
        };
        matches!(timeout(CALL_PATIENCE, called).await, Ok(Ok(())))
    }

    /// The latest, and some of the others.
    fn choose(&self, chance: &mut fastrand::Rng) -> Vec<Arc<Victim>> {
        let all = self.lock();
        let latest = all.iter().rev().take(DEPTH / 2);
        let others = (0..DEPTH / 2).filter_map(|_| {
            let index = (!all.is_empty()).then(|| chance.usize(..all.len()))?;
            all.get(index)
        });
        latest.chain(others).cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Victim>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn present(
    some: &[Arc<Victim>],
    node: usize,
    exchange: &mut Exchange,
) -> std::io::Result<()> {
    let now = Stamp::now();
    let requests: Vec<String> = some.iter().map(|victim| victim.request(now)).collect();
    exchange
        .pipeline(&requests, |index, reply| {
            if let Some(victim) = some.get(index) {
                victim.judge(node, reply.status, reply.sent_at, reply.read_at);
            }
        })
        .await
}
