//! What is counted, on its way from the verifier to the store.

use std::collections::HashMap;

use mira_core::{Clock as _, KeyId, Timestamp, Window, WindowWord};
use mira_store::usage::{self, Day, Flush, Increment};
use mira_store::windows::{self, Counted};
use mira_store::{StoreError, keys};
use mira_verifier::Tally;

use crate::{Node, NodeError};

/// Keys that are written in one transaction at most, so that whoever revokes one
/// does not wait for the rest.
const BATCH: usize = 500;

/// What was counted and is not known to be in the store. It holds one entry for
/// each key and day, however often a write fails.
#[derive(Default)]
pub(crate) struct Unwritten {
    counts: HashMap<(KeyId, Day), Counts>,
    /// What the last write held whose answer did not come, if one did not. It is
    /// written again as it was, and counted once.
    in_doubt: Option<(Flush, Batch)>,
    /// The last flush; unknown before the first.
    last: Option<Flush>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    usage: usage::Tally,
    last_used: Option<Timestamp>,
    minute: WindowWord,
    day: WindowWord,
}

/// What is written in one transaction.
#[derive(Clone, Default)]
struct Batch {
    usage: Vec<Increment>,
    last_used: Vec<(KeyId, Timestamp)>,
    windows: Vec<Counted>,
}

impl Unwritten {
    /// Takes over what the verifier counted; what was only denied falls on `today`.
    fn add(&mut self, tally: &Tally, today: Day) {
        let day = tally.last_used.map_or(today, Day::of);
        let counts = self.counts.entry((tally.key_id, day)).or_default();
        let usage = &mut counts.usage;
        usage.allowed = usage.allowed.saturating_add(tally.allowed);
        usage.denied = usage.denied.saturating_add(tally.denied);
        counts.last_used = counts.last_used.max(tally.last_used);
        (counts.minute, counts.day) = (tally.minute, tally.day);
    }

    /// What is to be written next, in `flush`. It stays here until it is known to
    /// have been written.
    fn next(&mut self, keeps_windows: bool) -> Option<(Flush, Batch)> {
        if self.in_doubt.is_none() && !self.counts.is_empty() {
            let last = self.last?;
            let flush = Flush {
                number: last.number + 1,
                ..last
            };
            self.last = Some(flush);
            self.in_doubt = Some((flush, self.take(keeps_windows)));
        }
        self.in_doubt.clone()
    }

    fn take(&mut self, keeps_windows: bool) -> Batch {
        let mut batch = Batch::default();
        let taken: Vec<_> = self.counts.keys().copied().take(BATCH).collect();
        for (key_id, day) in taken {
            let Some(counts) = self.counts.remove(&(key_id, day)) else {
                continue;
            };
            let tally = counts.usage;
            batch.usage.push(Increment { key_id, day, tally });
            batch
                .last_used
                .extend(counts.last_used.map(|at| (key_id, at)));
            let windows = [(Window::Minute, counts.minute), (Window::Day, counts.day)];
            let counted = windows
                .into_iter()
                .filter(|(_, word)| keeps_windows && word.unit() > 0)
                .map(|(window, word)| Counted {
                    key_id,
                    window,
                    word,
                });
            batch.windows.extend(counted);
        }
        batch
    }
}

impl Node {
    /// Writes what was counted and not written yet. What a failed call could not
    /// write is part of the next one.
    pub async fn flush(&self) -> Result<(), NodeError> {
        let mut unwritten = self.unwritten.lock().await;
        let today = Day::of(self.verifier.clock().now());
        for tally in self.verifier.drain_tallies() {
            unwritten.add(&tally, today);
        }
        if unwritten.last.is_none() && !unwritten.counts.is_empty() {
            unwritten.last = Some(self.last_flush().await?);
        }
        let keeps_windows = !self.verifier.shares_windows();
        while let Some((flush, batch)) = unwritten.next(keeps_windows) {
            self.write(flush, batch).await?;
            unwritten.in_doubt = None;
        }
        Ok(())
    }

    async fn write(&self, flush: Flush, batch: Batch) -> Result<(), StoreError> {
        let at = self.verifier.clock().now();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if usage::begin_flush(tx, flush, at).await? {
                        usage::add(tx, &batch.usage).await?;
                        keys::touch_last_used(tx, &batch.last_used).await?;
                        windows::keep(tx, &batch.windows).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await
    }

    /// The last flush of this run. A node that is alone goes on where the run before
    /// has ended.
    async fn last_flush(&self) -> Result<Flush, StoreError> {
        let source = self.member.as_ref();
        let source = source.map_or([0; 16], |member| *member.id().as_bytes());
        let number = self
            .db
            .read(move |tx| Box::pin(async move { usage::last_flush(tx, source).await }))
            .await?;
        Ok(Flush { source, number })
    }
}
