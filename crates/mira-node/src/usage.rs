//! Usage on its way from the verifier to the store.

use std::collections::HashMap;

use mira_core::{Clock as _, KeyId, Timestamp};
use mira_store::usage::{self, Day, Increment};
use mira_store::{StoreError, keys};
use mira_verifier::Tally;

use crate::{Node, NodeError};

/// What was counted and is not known to be in the store. It holds one entry for
/// each key and day, however often a write fails.
#[derive(Default)]
pub(crate) struct Unwritten {
    counts: HashMap<(KeyId, Day), usage::Tally>,
    last_used: HashMap<KeyId, Timestamp>,
}

impl Unwritten {
    /// Takes over what the verifier counted; what was only denied falls on `today`.
    fn add(&mut self, tally: &Tally, today: Day) {
        let day = tally.last_used.map_or(today, Day::of);
        let counts = self.counts.entry((tally.key_id, day)).or_default();
        counts.allowed = counts.allowed.saturating_add(tally.allowed);
        counts.denied = counts.denied.saturating_add(tally.denied);
        if let Some(at) = tally.last_used {
            let last = self.last_used.entry(tally.key_id).or_insert(at);
            *last = at.max(*last);
        }
    }

    fn increments(&self) -> Vec<Increment> {
        let increments = self
            .counts
            .iter()
            .map(|(&(key_id, day), &tally)| Increment { key_id, day, tally });
        increments.collect()
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
        let increments = unwritten.increments();
        if increments.is_empty() {
            return Ok(());
        }
        let last_used: Vec<_> = unwritten.last_used.clone().into_iter().collect();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    usage::add(tx, &increments).await?;
                    keys::touch_last_used(tx, &last_used).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        *unwritten = Unwritten::default();
        Ok(())
    }
}
