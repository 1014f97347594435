//! The protocol on paper, explored to its end: every order of its steps, with a
//! clock that may lag, a node that may join, and one failover. The rules find no
//! request that was begun after the answer and accepted; each rule, taken away
//! alone, lets one through. `docs/revocation.md` says the rules in words.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

mod explore;
mod step;

use explore::{Outcome, explore};

/// The rules, and what happens without one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Without {
    /// All rules hold.
    Nothing,
    /// The answer waits for nobody.
    Waiting,
    /// A lease is counted from the renewal's reply, and not from its sending.
    Sending,
    /// The revoker waits for a lease, and not for the drift of clocks too.
    Margin,
    /// A renewal extends the lease before what it read has been applied.
    CatchingUp,
    /// A change is acknowledged before it is published.
    Publishing,
    /// Who must be waited for is read before the commit, and not after it.
    Roster,
    /// The deadline is loaded after the look-up, and not before it.
    Deadline,
    /// A renewal only reads, so that a primary that was replaced grants it too.
    Writing,
    /// The standby may lack what was committed.
    Standby,
}

const RULES: [Without; 9] = [
    Without::Waiting,
    Without::Sending,
    Without::Margin,
    Without::CatchingUp,
    Without::Publishing,
    Without::Roster,
    Without::Deadline,
    Without::Writing,
    Without::Standby,
];

#[test]
fn no_request_begun_after_the_answer_is_accepted() {
    let outcome = explore(Without::Nothing);
    let Outcome::Complete(states) = outcome else {
        panic!("{outcome:?}");
    };
    println!("{states} states");
    assert!(states > 10_000, "only {states} states");
}

#[test]
fn each_rule_is_needed() {
    for rule in RULES {
        let outcome = explore(rule);
        let Outcome::Violated(steps) = outcome else {
            panic!("without {rule:?}: {outcome:?}");
        };
        println!("without {rule:?}: accepted after {steps} steps");
    }
}
