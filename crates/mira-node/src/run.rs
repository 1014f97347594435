//! What a node does by itself: it keeps its lease and its step, ends what time has
//! ended, watches over the roster, and writes down usage.

use std::sync::Arc;
use std::time::Duration;

use mira_core::Clock as _;
use mira_store::changelog::Place;
use mira_store::nodes;
use mira_store::{StoreError, refusals, usage, windows};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::balances::TELL;
use crate::membership::Member;
use crate::usage::settle;
use crate::{Node, NodeError};

/// Lifelines end at most this long after their time.
const TICK: Duration = Duration::from_millis(250);
/// Usage is written every third tick: at most one second is lost in a crash,
/// the commit included.
const FLUSH: Duration = TICK.saturating_mul(3);
/// How often a node of many looks for changes that no hint told it of.
const POLL: Duration = Duration::from_millis(50);
/// How soon a change that no hint could acknowledge is acknowledged by a renewal.
const ACKNOWLEDGE: Duration = Duration::from_millis(50);
/// How soon a renewal that failed is tried again.
const RETRY: Duration = Duration::from_millis(200);
/// How soon the next part of the journal of usage is settled: all 256 within about a
/// minute, the pause before the first included.
const SETTLE: Duration = Duration::from_millis(190);
/// How often windows that are over are forgotten, and how many of them at once.
const FORGET: Duration = Duration::from_secs(10);
const FORGET_AT_ONCE: u32 = 2_000;
/// How long the last flush of a node is remembered that writes none any more.
const FLUSHES_REMEMBERED_SECS: i64 = 30 * 86_400;
/// How long refused requests are kept.
const REFUSALS_KEPT_SECS: i64 = 7 * 86_400;
/// How long retired nodes are remembered, for whoever looks into the table.
const REMEMBERED_SECS: i64 = 86_400;

impl Node {
    /// Runs until `shutdown` resolves, then writes down what is left and leaves.
    /// Nothing may be served any more by then.
    pub async fn run(self: Arc<Self>, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let until_shutdown = async {
            shutdown.await;
            stop.send_replace(true);
        };
        // Side by side: a store that keeps somebody waiting must not keep an
        // expired key's stream open.
        tokio::join!(
            until_shutdown,
            self.tick(stopped.clone()),
            self.keep_up(stopped.clone()),
            self.keep_usage(stopped.clone()),
            self.settle_journal(stopped.clone()),
            self.forget(stopped.clone()),
            self.keep_lease(stopped.clone()),
            self.keep_hints(stopped.clone()),
            self.keep_balances(stopped.clone()),
            self.keep_roster(stopped),
        );
        log_failure("write usage", &self.flush().await);
        log_failure("write down refusals", &self.keep_refusals().await);
        if let Some(member) = &self.member {
            log_failure("leave the roster", &self.retire(member).await);
        }
    }

    async fn tick(&self, mut stopped: watch::Receiver<bool>) {
        while !is_over(&mut stopped, TICK).await {
            self.verifier.clock().refresh();
            self.verifier.tick();
        }
    }

    /// Whoever commits catches up; this is for what others committed, and for a
    /// change whose committer did not get that far.
    async fn keep_up(&self, mut stopped: watch::Receiver<bool>) {
        let mut troubles = Troubles::new("keep up with the store");
        loop {
            match &self.member {
                None if is_over(&mut stopped, TICK).await => return,
                None => {}
                Some(member) => tokio::select! {
                    is_over = is_over(&mut stopped, POLL) => if is_over { return },
                    () = member.hints.changed() => {}
                },
            }
            troubles.note(&self.catch_up().await);
        }
    }

    /// Tells balances at once if none were told just now, and soon otherwise.
    async fn keep_balances(&self, mut stopped: watch::Receiver<bool>) {
        let Some(member) = &self.member else { return };
        let mut troubles = Troubles::new("tell balances");
        loop {
            tokio::select! {
                is_over = is_over(&mut stopped, TELL) => if is_over { return },
                () = member.moved.notified() => {}
            }
            troubles.note(&self.tell_balances().await);
            if is_over(&mut stopped, TELL).await {
                return;
            }
        }
    }

    /// Hears the other nodes, and is heard by them.
    async fn keep_hints(&self, mut stopped: watch::Receiver<bool>) {
        let Some(member) = &self.member else { return };
        let id = || member.id();
        tokio::select! {
            _ = stopped.wait_for(|is_stopped| *is_stopped) => {}
            () = member.hints.converse(member.store(), id) => {}
        }
    }

    async fn keep_usage(&self, mut stopped: watch::Receiver<bool>) {
        let mut usage = Troubles::new("write usage");
        let mut refusals = Troubles::new("write down refusals");
        while !is_over(&mut stopped, FLUSH).await {
            usage.note(&self.flush().await);
            refusals.note(&self.keep_refusals().await);
        }
    }

    /// Moves what busy nodes have counted to where people read it, a part at a time:
    /// all of it within about a minute.
    async fn settle_journal(&self, mut stopped: watch::Receiver<bool>) {
        let mut troubles = Troubles::new("settle the journal of usage");
        let (mut part, mut pause) = (0_u8, FORGET);
        while !is_over(&mut stopped, pause).await {
            let settled = settle(&self.db, part).await.map_err(NodeError::from);
            pause = match settled {
                Ok(Some(settled)) => {
                    part = settled.wrapping_add(1);
                    SETTLE
                }
                Ok(None) | Err(_) => FORGET,
            };
            troubles.note(&settled.map(|_| ()));
        }
    }

    /// Forgets windows that are over and refusals that are old, a few at a time.
    async fn forget(&self, mut stopped: watch::Receiver<bool>) {
        let mut troubles = Troubles::new("forget what is over");
        let mut pause = FORGET;
        while !is_over(&mut stopped, pause).await {
            let now = self.clock().now();
            let until = now.plus_secs(-FLUSHES_REMEMBERED_SECS);
            let refused = now.plus_secs(-REFUSALS_KEPT_SECS);
            let forgotten = self.db.write(move |tx| {
                Box::pin(async move {
                    usage::forget_flushes(tx, until).await?;
                    let refusals = refusals::forget(tx, refused, FORGET_AT_ONCE).await?;
                    let windows = windows::forget(tx, FORGET_AT_ONCE).await?;
                    Ok::<_, StoreError>(refusals.max(windows))
                })
            });
            let forgotten = forgotten.await.map_err(NodeError::from);
            let is_behind = matches!(forgotten, Ok(count) if count >= FORGET_AT_ONCE.into());
            pause = if is_behind { TICK } else { FORGET };
            troubles.note(&forgotten.map(|_| ()));
        }
    }

    /// Renews the lease in time, and soon when there is something to acknowledge.
    async fn keep_lease(&self, mut stopped: watch::Receiver<bool>) {
        let Some(member) = &self.member else { return };
        let mut troubles = Troubles::new("renew the lease");
        let mut applied = self.follow_applied();
        while !*stopped.borrow() {
            let begun = Instant::now();
            let due = begun + member.cadence();
            // What is published from here on is acknowledged by the next renewal.
            applied.mark_unchanged();
            let renewed = timeout(member.patience(), self.renew(member)).await;
            let renewed = renewed.unwrap_or(Err(NodeError::TimedOut));
            troubles.note(&renewed);
            let is_renewed = renewed.is_ok();
            if matches!(renewed, Err(NodeError::Store(_) | NodeError::TimedOut)) {
                // The way to the store may be cut, and so may every other connection be.
                member.store().forget_idle();
                self.db.forget_idle();
            }
            match renewed {
                Err(NodeError::Fenced) if self.register_anew(member).await.is_ok() => continue,
                // Nobody is to wait for a node that serves nothing.
                Err(NodeError::Forked) => log_failure("leave", &self.retire(member).await),
                _ => {}
            }
            let due = if is_renewed {
                due
            } else {
                Instant::now() + RETRY
            };
            tokio::select! {
                _ = stopped.wait_for(|is_stopped| *is_stopped) => return,
                () = sleep_until(due) => {}
                () = soon(&mut applied, begun + ACKNOWLEDGE), if is_renewed => {}
            }
        }
    }

    /// Retires the nodes that have lost their leases, so that nobody waits for them.
    async fn keep_roster(&self, mut stopped: watch::Receiver<bool>) {
        let Some(member) = &self.member else { return };
        while !is_over(&mut stopped, member.cadence()).await {
            // The store's troubles are told by those who need it for more.
            self.retire_others(member).await.ok();
        }
    }

    async fn retire_others(&self, member: &Member) -> Result<(), NodeError> {
        let roster = member
            .roster_since(self.clock().boot(), self.clock())
            .await?;
        self.allotter.set_nodes(&roster);
        for (id, renewals) in member.observe(&roster, self.clock().boot()) {
            let forgotten = self.clock().now().plus_secs(-REMEMBERED_SECS);
            let retired = member.store().write(move |tx| {
                Box::pin(async move {
                    nodes::forget_retired(tx, forgotten).await?;
                    nodes::expire(tx, id, renewals).await
                })
            });
            if retired.await? {
                tracing::warn!(node.id = %id, "a node has lost its lease, and is retired");
            }
        }
        Ok(())
    }
}

/// Resolves when something was applied, and not before `earliest`.
async fn soon(applied: &mut watch::Receiver<Place>, earliest: Instant) {
    if applied.changed().await.is_ok() {
        sleep_until(earliest).await;
    }
}

/// Whether the end came within `pause`.
async fn is_over(stopped: &mut watch::Receiver<bool>, pause: Duration) -> bool {
    timeout(pause, stopped.wait_for(|is_stopped| *is_stopped))
        .await
        .is_ok()
}

/// Tells of a trouble when it begins and when it ends, and not at every attempt.
struct Troubles {
    what: &'static str,
    said: Option<String>,
}

impl Troubles {
    fn new(what: &'static str) -> Self {
        Self { what, said: None }
    }

    fn note(&mut self, result: &Result<(), NodeError>) {
        let what = self.what;
        match result {
            Ok(()) => {
                if self.said.take().is_some() {
                    tracing::info!("could {what} again");
                }
            }
            Err(error) => {
                let error = error.to_string();
                if self.said.as_ref() != Some(&error) {
                    tracing::error!(%error, "could not {what}");
                    self.said = Some(error);
                }
            }
        }
    }
}

fn log_failure(what: &'static str, result: &Result<(), NodeError>) {
    Troubles::new(what).note(result);
}
