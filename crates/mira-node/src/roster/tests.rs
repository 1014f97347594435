use std::time::Duration;

use mira_core::{NodeId, Timestamp};
use mira_store::Chain;
use mira_store::changelog::{Place, Seq};
use mira_store::nodes::{Member, NodeState, Roster};
use mira_verifier::BootClock;

use super::{Watch, contradicts, longest_wait, missing, outlasts};

const LEASE: Duration = Duration::from_secs(5);
const OURS: Chain = Chain::from_bytes([1; 32]);
const LOST: Chain = Chain::from_bytes([2; 32]);

fn place(seq: u64, chain: Chain) -> Place {
    let seq = Seq::from_number(seq);
    Place { seq, chain }
}

fn node(number: u8, applied: Place, link: Option<Chain>) -> Member {
    Member {
        id: NodeId::from_bytes([number; 16]),
        state: NodeState::Live,
        lease: LEASE,
        renewals: 1,
        applied,
        link,
    }
}

fn roster(nodes: impl IntoIterator<Item = Member>) -> Roster {
    Roster {
        head: place(9, OURS),
        nodes: nodes.into_iter().collect(),
    }
}

#[test]
fn a_wait_outlasts_every_lease_by_the_drift_of_two_clocks() {
    for (lease_ms, wait_ms) in [(0, 50), (1_000, 1_053), (5_000, 5_065), (60_000, 60_230)] {
        let wait = outlasts(Duration::from_millis(lease_ms));
        assert_eq!(wait, Duration::from_millis(wait_ms));
    }
    assert_eq!(outlasts(Duration::MAX), Duration::MAX);
    let longest = Member {
        lease: LEASE * 2,
        ..node(2, Place::START, None)
    };
    let roster = roster([node(1, Place::START, None), longest]);
    assert_eq!(longest_wait(&roster), outlasts(LEASE * 2));
}

#[test]
fn only_an_acknowledgement_of_our_history_counts() {
    for (applied, link, is_missing) in [
        (place(6, OURS), Some(OURS), true),
        (place(7, OURS), Some(OURS), false),
        (place(8, OURS), Some(OURS), false),
        (place(7, LOST), Some(OURS), true),
        // It knows more than the store, so it knows something else.
        (place(8, LOST), None, true),
    ] {
        let roster = roster([node(1, applied, link)]);
        let is_found = missing(&roster, Seq::from_number(7)).next().is_some();
        assert_eq!(is_found, is_missing, "{applied:?}");
    }
}

#[test]
fn a_log_that_ends_before_or_elsewhere_contradicts() {
    let applied = place(7, OURS);
    for (head, expected) in [
        (place(6, OURS), true),
        (place(7, LOST), true),
        (place(7, OURS), false),
        (place(8, LOST), false),
    ] {
        assert_eq!(contradicts(head, applied), expected, "{head:?}");
    }
}

#[test]
fn a_node_is_over_when_it_was_not_renewed_for_longer_than_its_lease() {
    let (clock, time) = BootClock::manual(Timestamp::from_millis(0));
    let mut watch = Watch::default();
    let silent = node(1, Place::START, None);
    let mut busy = node(2, Place::START, None);
    let moment = Duration::from_nanos(1);
    assert_eq!(watch.observe(&roster([silent, busy]), clock.boot()), []);
    time.advance(outlasts(LEASE).saturating_sub(moment));
    busy.renewals += 1;
    assert_eq!(watch.observe(&roster([silent, busy]), clock.boot()), []);
    time.advance(moment);
    let over = watch.observe(&roster([silent, busy]), clock.boot());
    assert_eq!(over, [(silent.id, 1)]);
    // Whoever leaves the roster is seen anew when it comes back.
    assert_eq!(watch.observe(&roster([busy]), clock.boot()), []);
    assert_eq!(watch.observe(&roster([silent, busy]), clock.boot()), []);
}
