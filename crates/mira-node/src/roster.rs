//! Who must be waited for, and for how long: arithmetic on a roster that was read
//! after the commit.
//!
//! A node that is not on it registered later, and every lease that it gets begins
//! after the change is visible. A retired node has no lease. A fenced one may have.

use std::collections::HashMap;
use std::time::Duration;

use mira_core::NodeId;
use mira_store::changelog::{Place, Seq};
use mira_store::nodes::{Member, Roster};
use mira_verifier::BootInstant;

/// Clocks of two machines may differ in speed by this much in ten thousand: 0.1 %
/// each, twice twenty times what crystals do.
const DRIFT_PER_10_000: u32 = 30;
/// What timers and one reading of a clock may be off.
const SLACK: Duration = Duration::from_millis(50);

/// After how long no lease of this length runs any more, by a clock that may be
/// slower than the holder's.
pub(crate) fn outlasts(lease: Duration) -> Duration {
    lease
        .saturating_add(lease / 10_000 * DRIFT_PER_10_000)
        .saturating_add(SLACK)
}

/// After how long nobody on the roster holds a lease from before the commit.
pub(crate) fn longest_wait(roster: &Roster) -> Duration {
    let leases = roster.nodes.iter().map(|node| node.lease);
    outlasts(leases.max().unwrap_or_default())
}

/// The nodes that have not acknowledged the change at `seq`.
pub(crate) fn missing(roster: &Roster, seq: Seq) -> impl Iterator<Item = NodeId> {
    let missing = roster.nodes.iter();
    missing
        .filter(move |node| !has_acknowledged(node, seq))
        .map(|node| node.id)
}

/// Whether the node has applied the change, and not another one that had the same
/// number in a history that was lost.
fn has_acknowledged(node: &Member, seq: Seq) -> bool {
    node.applied.seq >= seq && node.link == Some(node.applied.chain)
}

/// Whether a log that ends at `head` cannot be the one that `applied` was read from.
pub(crate) fn contradicts(head: Place, applied: Place) -> bool {
    head.seq < applied.seq || (head.seq == applied.seq && head.chain != applied.chain)
}

/// What one observer has seen of the others' renewals.
#[derive(Default)]
pub(crate) struct Watch(HashMap<NodeId, Seen>);

#[derive(Clone, Copy)]
struct Seen {
    renewals: u64,
    since: BootInstant,
}

impl Watch {
    /// Takes over a roster that had been read by `now`. Returns who was given no lease
    /// for longer than any could run, and how often it was before.
    pub(crate) fn observe(&mut self, roster: &Roster, now: BootInstant) -> Vec<(NodeId, u64)> {
        let before = std::mem::take(&mut self.0);
        let mut over = Vec::new();
        for node in &roster.nodes {
            let renewals = node.renewals;
            let same = before
                .get(&node.id)
                .filter(|seen| seen.renewals == renewals);
            let seen = *same.unwrap_or(&Seen {
                renewals,
                since: now,
            });
            if now.since(seen.since) >= outlasts(node.lease) {
                over.push((node.id, renewals));
            }
            self.0.insert(node.id, seen);
        }
        over
    }
}

#[cfg(test)]
mod tests;
