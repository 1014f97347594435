use mira_core::{NodeId, Timestamp};
use mira_store::Chain;
use mira_store::changelog::{Place, Seq};
use tokio::sync::mpsc;

use super::{Hint, Hints, PLACES, lock};

const HERE: u8 = 1;
const THERE: u8 = 2;

fn node(number: u8) -> NodeId {
    NodeId::new(Timestamp::from_millis(1), [number; 10])
}

fn place(number: u64) -> Place {
    let byte = u8::try_from(number % 251).unwrap_or(0);
    Place {
        seq: Seq::from_number(number),
        chain: Chain::from_bytes([byte; 32]),
    }
}

/// Hints and what they say.
fn hints() -> (Hints, mpsc::UnboundedReceiver<Hint>) {
    let hints = Hints::default();
    let (says, said) = mpsc::unbounded_channel();
    *lock(&hints.sender) = Some(says);
    (hints, said)
}

#[test]
fn a_hint_comes_back_from_its_text() {
    let hints = [
        Hint::Changed(node(HERE)),
        Hint::Waits(node(HERE), Seq::from_number(918)),
        Hint::Applied(node(THERE), place(918)),
    ];
    for hint in hints {
        assert_eq!(Hint::parse(&hint.to_string()), Some(hint));
    }
    for text in ["", "changed", "waits node_1 2", "applied", "hello world"] {
        assert_eq!(Hint::parse(text), None);
    }
}

#[test]
fn who_waits_hears_of_what_is_applied_when_it_is() {
    let (hints, mut said) = hints();
    hints.published(node(HERE), [place(1)].into_iter());
    hints.hear(Hint::Waits(node(THERE), Seq::from_number(3)), node(HERE));
    hints.published(node(HERE), [place(2)].into_iter());
    assert!(said.try_recv().is_err());
    hints.published(node(HERE), [place(3), place(4)].into_iter());
    assert_eq!(said.try_recv(), Ok(Hint::Applied(node(HERE), place(4))));
    hints.hear(Hint::Waits(node(THERE), Seq::from_number(3)), node(HERE));
    assert_eq!(said.try_recv(), Ok(Hint::Applied(node(HERE), place(4))));
    assert!(said.try_recv().is_err());
}

#[test]
fn an_acknowledgement_counts_in_the_history_that_was_applied_here() {
    let (hints, _said) = hints();
    let three = Seq::from_number(3);
    let applied = |place| Hint::Applied(node(THERE), place);
    hints.published(node(HERE), (1..=3).map(place));
    assert!(!hints.has_acknowledged(node(THERE), three));
    let forked = Place {
        chain: Chain::START,
        ..place(3)
    };
    for (said, counts) in [
        (place(2), false),
        (forked, false),
        (place(3), true),
        // Further than this node has come: it may be another history.
        (place(4), false),
    ] {
        hints.hear(applied(said), node(HERE));
        assert_eq!(hints.has_acknowledged(node(THERE), three), counts);
    }
    hints.published(node(HERE), [place(4)].into_iter());
    assert!(hints.has_acknowledged(node(THERE), three));
    assert!(!hints.has_acknowledged(node(HERE), three));
}

#[test]
fn what_was_applied_long_ago_is_forgotten_and_does_not_count() {
    let (hints, _said) = hints();
    let many = u64::try_from(PLACES).unwrap_or(0) + 1;
    hints.hear(Hint::Applied(node(THERE), place(1)), node(HERE));
    hints.published(node(HERE), (1..=many).map(place));
    assert!(!hints.has_acknowledged(node(THERE), Seq::from_number(1)));
    hints.hear(Hint::Applied(node(THERE), place(2)), node(HERE));
    assert!(hints.has_acknowledged(node(THERE), Seq::from_number(1)));
}
