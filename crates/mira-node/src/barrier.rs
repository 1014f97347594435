//! The revocation barrier: a change has been committed, and whoever made it waits
//! until no node acts on what held before.

use std::time::Duration;

use mira_core::NodeId;
use mira_store::changelog::Seq;
use mira_store::nodes::{self, Roster};
use mira_verifier::BootInstant;
use tokio::time::{Instant, sleep, timeout};

use crate::hints::{Hint, Hints};
use crate::membership::Member;
use crate::roster::{longest_wait, missing, outlasts};
use crate::{Effect, Node, NodeError, Proof};

/// How long to try to read the roster.
const ROSTER_PATIENCE: Duration = Duration::from_secs(5);

/// What is known of the nodes that are waited for. It begins with a roster that was
/// read after the commit.
struct Wait {
    seq: Seq,
    nodes: u32,
    longest: Duration,
    missing: Vec<NodeId>,
    /// Whether one of them left the roster and had not acknowledged.
    has_one_left: bool,
    /// Whether this node has read on since the commit was known, so that what it has
    /// applied is the history that the change is in.
    is_in_step: bool,
}

impl Node {
    /// Returns once the change at `seq` holds on every node, or, if the caller will
    /// not wait that long, when `wait` is over. To be called when the commit is
    /// known. [`Seq::START`] stands for whatever was committed by then.
    pub async fn barrier(&self, seq: Seq, wait: Option<Duration>) -> Result<Effect, NodeError> {
        let effect = match &self.member {
            None => self.hold_here(seq).await,
            Some(member) => self.settle(member, seq, self.clock().boot(), wait).await,
        }?;
        if let Effect::Effective {
            proof, waited_ms, ..
        } = effect
        {
            self.waits.note(proof, Duration::from_millis(waited_ms));
        }
        Ok(effect)
    }

    /// Returns once the change at `seq` holds on this node; the others follow soon.
    /// For changes that take nothing away.
    pub async fn hold_here(&self, seq: Seq) -> Result<Effect, NodeError> {
        let learnt = self.clock().boot();
        if seq > Seq::START {
            if let Some(member) = &self.member {
                member.hints.send(Hint::Changed(member.id()));
            }
            self.catch_up().await?;
        }
        Ok(effective(Proof::Local, 1, self.since(learnt)))
    }

    async fn settle(
        &self,
        member: &Member,
        seq: Seq,
        learnt: BootInstant,
        patience: Option<Duration>,
    ) -> Result<Effect, NodeError> {
        #[cfg(feature = "planted")]
        if mira_verifier::planted::Bug::Early.is_planted() {
            return Ok(effective(Proof::Acks, 1, Duration::ZERO));
        }
        let mut news = member.hints.news();
        if seq > Seq::START {
            member.hints.send(Hint::Waits(member.id(), seq));
        }
        let mut wait: Option<Wait> = None;
        let mut look_at = Instant::now();
        loop {
            news.mark_unchanged();
            let mut failure = NodeError::TimedOut;
            if Instant::now() >= look_at {
                // The first look is not cut short: this node is to know the change.
                let left = Wait::end(wait.as_ref(), member, patience)
                    .saturating_sub(self.since(learnt))
                    .max(SHORTEST_PAUSE);
                let limit = wait.as_ref().map_or(ROSTER_PATIENCE, |_| left);
                // What fails here is tried again, and ends with the wait.
                let looked = timeout(limit, self.look(member, (seq, learnt), &mut wait));
                if let Ok(Err(error)) = looked.await {
                    failure = error;
                }
                look_at = Instant::now() + LOOK_AGAIN;
            }
            let waited = self.since(learnt);
            match &mut wait {
                Some(wait) => {
                    if wait.is_in_step {
                        wait.take_said(&member.hints);
                        wait.take_own(member.id(), self.applied().seq);
                    }
                    if let Some(effect) = wait.effect(waited) {
                        fence(member, &wait.missing);
                        return Ok(effect);
                    }
                }
                None if waited < ROSTER_PATIENCE => {}
                None => return Err(failure),
            }
            if patience.is_some_and(|patience| waited >= patience) {
                let longest = Wait::end(wait.as_ref(), member, None);
                let within_ms = millis(longest.saturating_sub(waited));
                return Ok(Effect::Pending { within_ms });
            }
            let left = Wait::end(wait.as_ref(), member, patience).saturating_sub(waited);
            let pause = left.min(look_at.saturating_duration_since(Instant::now()));
            tokio::select! {
                _ = news.changed() => {}
                () = sleep(pause.max(SHORTEST_PAUSE)) => {}
            }
        }
    }

    /// Reads the changelog and the roster, in whatever order: the first roster after
    /// `learnt`, when the commit was known.
    async fn look(
        &self,
        member: &Member,
        (seq, learnt): (Seq, BootInstant),
        wait: &mut Option<Wait>,
    ) -> Result<(), NodeError> {
        let asked = wait.as_ref().map_or(learnt, |_| self.clock().boot());
        let is_in_step = wait.as_ref().is_some_and(|wait| wait.is_in_step);
        let read_on = async {
            if !is_in_step {
                self.catch_up_since(learnt).await?;
            }
            Ok(())
        };
        let (here, roster) = tokio::join!(read_on, member.roster_since(asked, self.clock()));
        if let Ok(roster) = &roster
            && roster.head.seq >= seq
        {
            let new = || {
                let wait = Wait::new(roster, seq);
                if seq == Seq::START {
                    member.hints.send(Hint::Waits(member.id(), wait.seq));
                }
                wait
            };
            wait.get_or_insert_with(new).take(roster);
        }
        if let Some(wait) = wait {
            wait.is_in_step |= here.is_ok();
        }
        roster.and(here)
    }

    fn since(&self, instant: BootInstant) -> Duration {
        self.clock().boot().since(instant)
    }
}

impl Wait {
    fn new(roster: &Roster, seq: Seq) -> Self {
        let nodes = roster.nodes.iter().map(|node| node.id).collect::<Vec<_>>();
        Self {
            seq: if seq == Seq::START {
                roster.head.seq
            } else {
                seq
            },
            nodes: u32::try_from(nodes.len()).unwrap_or(u32::MAX),
            longest: longest_wait(roster),
            missing: nodes,
            has_one_left: false,
            is_in_step: false,
        }
    }

    /// Whoever is not on a later roster has no lease any more, and whoever is new on
    /// it never knew what held before.
    fn take(&mut self, roster: &Roster) {
        let missing: Vec<NodeId> = missing(roster, self.seq).collect();
        let is_there = |id: &NodeId| roster.nodes.iter().any(|node| node.id == *id);
        self.has_one_left |= !self.missing.iter().all(is_there);
        self.missing.retain(|node| missing.contains(node));
    }

    /// After how long the wait is over, whoever is missing then.
    fn end(wait: Option<&Self>, member: &Member, patience: Option<Duration>) -> Duration {
        let longest = wait.map_or(outlasts(member.lease), |wait| wait.longest);
        patience.map_or(longest, |patience| patience.min(longest))
    }

    /// What others have said beside the store.
    fn take_said(&mut self, hints: &Hints) {
        self.missing
            .retain(|node| !hints.has_acknowledged(*node, self.seq));
    }

    /// This process knows what it has applied before the roster does.
    fn take_own(&mut self, id: NodeId, applied: Seq) {
        self.missing
            .retain(|node| *node != id || applied < self.seq);
    }

    fn effect(&self, waited: Duration) -> Option<Effect> {
        if self.missing.is_empty() && !self.has_one_left {
            Some(effective(Proof::Acks, self.nodes, waited))
        } else if self.missing.is_empty() || waited >= self.longest {
            Some(effective(Proof::LeaseExpiry, self.nodes, waited))
        } else {
            None
        }
    }
}

/// Takes nodes that did not acknowledge off the roster, beside the answer. They go
/// on as others, if they go on.
fn fence(member: &Member, missing: &[NodeId]) {
    for id in missing.iter().copied() {
        tracing::warn!(node.id = %id, "a node did not acknowledge a change, and is fenced");
        let store = member.store().clone();
        tokio::spawn(async move {
            let fenced =
                store.write_one(move |tx| Box::pin(async move { nodes::fence(tx, id).await }));
            if let Err(error) = fenced.await {
                tracing::warn!(node.id = %id, %error, "a node could not be fenced");
            }
        });
    }
}

fn effective(proof: Proof, nodes: u32, waited: Duration) -> Effect {
    Effect::Effective {
        proof,
        nodes,
        waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
    }
}

/// In milliseconds, rounded up.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// How long until the roster is read again, for what no hint told of.
const LOOK_AGAIN: Duration = Duration::from_millis(25);
