//! One key, one revocation, two nodes, a primary and a standby.

use crate::Without;

/// How long a lease is.
const LEASE: u8 = 1;
/// How far the first node's clock may fall behind.
const DRIFT: u8 = 1;
/// The end of time.
const HORIZON: u8 = 4;
const NODES: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    now: u8,
    store: Store,
    revoker: Revoker,
    nodes: [Node; NODES],
    /// One is enough, on either node.
    request: Request,
    /// A request that was begun after the answer was accepted.
    pub(crate) is_violated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Store {
    /// Whether the primary that everybody began with has the revocation.
    first: bool,
    /// Whether its standby has it.
    second: bool,
    /// Whether the standby was promoted. Nodes may still reach the first.
    has_failed_over: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Revoker {
    Idle,
    /// Who was a node before the commit.
    Asked([bool; NODES]),
    /// Since when it is known that the commit is durable, and who is waited for.
    Waiting {
        since: u8,
        roster: [bool; NODES],
    },
    Answered,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Node {
    is_registered: bool,
    /// How far its clock is behind.
    lag: u8,
    /// Whether look-ups find the key revoked.
    is_applied: bool,
    has_acknowledged: bool,
    /// The end of its lease on its own clock.
    deadline: u8,
    renewal: Renewal,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Renewal {
    None,
    Sent {
        at: u8,
    },
    /// What it read: whether the revocation was there.
    Read {
        at: u8,
        basis: bool,
    },
}

/// A request to a node, begun after the answer; earlier ones promise nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Request {
    None,
    Begun(usize),
    /// The deadline was loaded and has not passed.
    Leased(usize),
    /// The key was found good before the deadline was loaded.
    FoundGood(usize),
}

impl State {
    pub(crate) fn start() -> Self {
        let node = |is_registered| Node {
            is_registered,
            lag: 0,
            is_applied: false,
            has_acknowledged: false,
            deadline: 0,
            renewal: Renewal::None,
        };
        Self {
            now: 0,
            store: Store::default(),
            revoker: Revoker::Idle,
            nodes: [node(true), node(false)],
            request: Request::None,
            is_violated: false,
        }
    }

    /// Every state that may come next.
    pub(crate) fn steps(&self, without: Without, next: &mut Vec<Self>) {
        self.time(next);
        self.revoke(without, next);
        if !self.store.has_failed_over {
            next.push(self.with(|state| state.store.has_failed_over = true));
        }
        for index in 0..NODES {
            self.join(index, next);
            self.renew(index, without, next);
            self.apply(index, without, next);
        }
        self.answer(without, next);
    }

    /// Forgets what can make no difference any more, so that fewer states differ.
    pub(crate) fn forget(&mut self, without: Without) {
        for node in &mut self.nodes {
            let clock = self.now - node.lag;
            let is_over = |at: u8| at + LEASE <= clock;
            if node.deadline <= clock {
                node.deadline = 0;
            }
            let (Renewal::Sent { at } | Renewal::Read { at, .. }) = node.renewal else {
                continue;
            };
            if is_over(at) && without != Without::Sending {
                node.renewal = Renewal::None;
            }
        }
    }

    fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut state = self.clone();
        change(&mut state);
        state
    }

    /// Time goes on, for all or for all but the first, whose clock stalls.
    fn time(&self, next: &mut Vec<Self>) {
        if self.now == HORIZON {
            return;
        }
        next.push(self.with(|state| state.now += 1));
        if self.nodes[0].lag < DRIFT {
            next.push(self.with(|state| {
                state.now += 1;
                state.nodes[0].lag += 1;
            }));
        }
    }

    /// Whether the server that takes commits has the revocation.
    fn is_committed(&self) -> bool {
        if self.store.has_failed_over {
            self.store.second
        } else {
            self.store.first
        }
    }

    fn revoke(&self, without: Without, next: &mut Vec<Self>) {
        let roster = self.nodes.each_ref().map(|node| node.is_registered);
        match &self.revoker {
            Revoker::Idle if without == Without::Roster => {
                next.push(self.with(|state| state.revoker = Revoker::Asked(roster)));
            }
            Revoker::Idle => self.commit(without, next),
            Revoker::Asked(_) if !self.is_committed() => self.commit(without, next),
            Revoker::Asked(roster) => next.push(self.with(|state| {
                let since = state.now;
                let roster = *roster;
                state.revoker = Revoker::Waiting { since, roster };
            })),
            Revoker::Waiting { since, roster } => {
                let margin = if without == Without::Margin { 0 } else { DRIFT };
                let is_over = self.now - since >= LEASE + margin;
                let mut waited_for = self.nodes.iter().zip(roster);
                let is_known = waited_for.all(|(node, listed)| !listed || node.has_acknowledged);
                if is_over || is_known || without == Without::Waiting {
                    next.push(self.with(|state| state.revoker = Revoker::Answered));
                }
            }
            Revoker::Answered => {}
        }
    }

    /// The commit, and, unless the roster came first, what follows from it.
    fn commit(&self, without: Without, next: &mut Vec<Self>) {
        if !self.is_committed() {
            next.push(self.with(|state| {
                if !state.store.has_failed_over {
                    state.store.first = true;
                }
                // The standby has it before the commit is confirmed.
                state.store.second |= state.store.has_failed_over || without != Without::Standby;
            }));
        } else if self.revoker == Revoker::Idle {
            let roster = self.nodes.each_ref().map(|node| node.is_registered);
            next.push(self.with(|state| {
                let since = state.now;
                state.revoker = Revoker::Waiting { since, roster };
            }));
        }
    }

    /// A node starts from an old copy, and is on the roster before it renews.
    fn join(&self, index: usize, next: &mut Vec<Self>) {
        if !self.nodes[index].is_registered {
            next.push(self.with(|state| state.nodes[index].is_registered = true));
        }
    }

    fn renew(&self, index: usize, without: Without, next: &mut Vec<Self>) {
        let node = &self.nodes[index];
        let clock = self.now - node.lag;
        let with = |renewal| self.with(|state| state.nodes[index].renewal = renewal);
        match node.renewal {
            Renewal::None if node.is_registered => next.push(with(Renewal::Sent { at: clock })),
            Renewal::None => {}
            Renewal::Sent { at } => {
                let basis = self.is_committed();
                next.push(with(Renewal::Read { at, basis }));
                // A primary that was replaced cannot confirm a write.
                if self.store.has_failed_over && without == Without::Writing {
                    let basis = self.store.first;
                    next.push(with(Renewal::Read { at, basis }));
                }
            }
            Renewal::Read { at, basis } => {
                let is_caught_up = node.is_applied || !basis;
                if is_caught_up || without == Without::CatchingUp {
                    let from = if without == Without::Sending {
                        clock
                    } else {
                        at
                    };
                    next.push(self.with(|state| {
                        let node = &mut state.nodes[index];
                        node.renewal = Renewal::None;
                        node.deadline = node.deadline.max(from + LEASE);
                    }));
                }
                // Or it is lost.
                next.push(with(Renewal::None));
            }
        }
    }

    fn apply(&self, index: usize, without: Without, next: &mut Vec<Self>) {
        let node = &self.nodes[index];
        if !node.is_registered {
            return;
        }
        let is_visible = self.is_committed();
        if is_visible && !node.is_applied {
            next.push(self.with(|state| state.nodes[index].is_applied = true));
        }
        let may_acknowledge = node.is_applied || is_visible && without == Without::Publishing;
        if may_acknowledge && !node.has_acknowledged {
            next.push(self.with(|state| state.nodes[index].has_acknowledged = true));
        }
    }

    /// A request, step by step. One that is refused leads nowhere.
    fn answer(&self, without: Without, next: &mut Vec<Self>) {
        let node = |index: usize| &self.nodes[index];
        let is_leased = |index: usize| self.now - node(index).lag < node(index).deadline;
        let mut push = |request| next.push(self.with(|state| state.request = request));
        let looks_first = without == Without::Deadline;
        match self.request {
            Request::None if self.revoker == Revoker::Answered => {
                (0..NODES).for_each(|index| push(Request::Begun(index)));
            }
            Request::Begun(index) if looks_first && !node(index).is_applied => {
                push(Request::FoundGood(index));
            }
            Request::Begun(index) if !looks_first && is_leased(index) => {
                push(Request::Leased(index));
            }
            Request::Leased(index) if !node(index).is_applied => {
                next.push(self.with(|state| state.is_violated = true));
            }
            Request::FoundGood(index) if is_leased(index) => {
                next.push(self.with(|state| state.is_violated = true));
            }
            _ => {}
        }
    }
}
