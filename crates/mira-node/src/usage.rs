//! What is counted, on its way from the verifier to the store.

use std::collections::HashMap;
use std::sync::Arc;

use mira_core::{Clock as _, KeyId, WindowWord};
use mira_db::Database;
use mira_store::usage::{self, Day, Entry, Flush};
use mira_store::{StoreError, journal, refusals};
use mira_verifier::Tally;

use crate::{Node, NodeError};

/// A flush of as many keys at most is written where people read it. A larger one goes
/// to the journal: nobody who revokes a key is to wait for its thousands of rows.
const DIRECT: usize = 500;

/// What was counted and is not known to be in the store. It holds one entry for
/// each key and day, however often a write fails.
#[derive(Default)]
pub(crate) struct Unwritten {
    counts: HashMap<(KeyId, Day), Entry>,
    /// What the last write held whose answer did not come, if one did not. It is
    /// written again as it was, and counted once.
    in_doubt: Option<(Flush, Arc<[Entry]>)>,
    /// The last flush; unknown before the first.
    last: Option<Flush>,
}

impl Unwritten {
    /// Takes over what the verifier counted; what was only denied falls on `today`.
    fn add(&mut self, tally: &Tally, today: Day, keeps_windows: bool) {
        let day = tally.last_used.map_or(today, Day::of);
        let window = |word| {
            if keeps_windows {
                word
            } else {
                WindowWord::default()
            }
        };
        let entry = Entry {
            key_id: tally.key_id,
            day,
            tally: usage::Tally {
                allowed: tally.allowed,
                denied: tally.denied,
            },
            last_used: tally.last_used,
            minute_window: window(tally.minute),
            day_window: window(tally.day),
        };
        self.put(entry);
    }

    fn put(&mut self, entry: Entry) {
        self.counts
            .entry((entry.key_id, entry.day))
            .and_modify(|known| known.merge(&entry))
            .or_insert(entry);
    }

    /// What is to be written next, in `flush`. It stays here until it is known to
    /// have been written.
    fn next(&mut self) -> Option<(Flush, Arc<[Entry]>)> {
        if self.in_doubt.is_none() && !self.counts.is_empty() {
            let last = self.last?;
            let flush = Flush {
                number: last.number + 1,
                ..last
            };
            self.last = Some(flush);
            let entries = std::mem::take(&mut self.counts).into_values().collect();
            self.in_doubt = Some((flush, entries));
        }
        self.in_doubt.clone()
    }
}

impl Node {
    /// Writes what was counted and not written yet. What a failed call could not
    /// write is part of the next one.
    pub async fn flush(&self) -> Result<(), NodeError> {
        let mut unwritten = self.unwritten.lock().await;
        let today = Day::of(self.verifier.clock().now());
        let keeps_windows = !self.verifier.shares_windows();
        for tally in self.verifier.drain_tallies() {
            unwritten.add(&tally, today, keeps_windows);
        }
        if unwritten.last.is_none() && !unwritten.counts.is_empty() {
            unwritten.last = Some(self.last_flush().await?);
        }
        let mut later = Vec::new();
        while let Some((flush, entries)) = unwritten.next() {
            let left = self.write(flush, entries).await?;
            unwritten.in_doubt = None;
            later.extend(left);
        }
        for entry in later {
            unwritten.put(entry);
        }
        Ok(())
    }

    /// Writes down what was noted of refused requests. It is a sample: what cannot be
    /// written is dropped.
    pub async fn keep_refusals(&self) -> Result<(), NodeError> {
        let refused = self.verifier.drain_refusals();
        // A few at a time: whoever revokes a key waits behind them.
        for some in refused.chunks(DIRECT) {
            let some = some.to_vec();
            let kept = self
                .db
                .write(move |tx| Box::pin(async move { refusals::add(tx, &some).await }));
            kept.await?;
        }
        Ok(())
    }

    /// Returns what the next flush is to write.
    async fn write(&self, flush: Flush, entries: Arc<[Entry]>) -> Result<Vec<Entry>, StoreError> {
        let at = self.verifier.clock().now();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !usage::begin_flush(tx, flush, at).await? {
                        return Ok::<_, StoreError>(Vec::new());
                    }
                    if entries.len() <= DIRECT {
                        usage::conclude(tx, &entries).await
                    } else {
                        journal::append(tx, &entries).await.map(|()| Vec::new())
                    }
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

/// Settles one part of the journal, the next from `from` on. Says which, if any.
pub(crate) async fn settle(db: &Database, from: u8) -> Result<Option<u8>, StoreError> {
    db.write(move |tx| Box::pin(async move { journal::settle(tx, from).await }))
        .await
}

/// Settles all of it.
pub(crate) async fn settle_all(db: &Database) -> Result<(), StoreError> {
    while settle(db, 0).await?.is_some() {}
    Ok(())
}
