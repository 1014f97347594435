//! The roster: who may hold a lease, and how far they have come.

use std::time::Duration;

use mira_core::{Change, NodeId, Timestamp};
use mira_db::Database;
use mira_store::changelog::{self, Place, Seq};
use mira_store::nodes::{self, Member, NodeState, Registration, Renewal, Roster};

use crate::fixture::{NOW, organization, unique};
use crate::{read, suite, write};

suite!(
    a_registered_node_is_on_the_roster_before_its_first_renewal,
    a_renewal_acknowledges_and_tells_the_head,
    the_longest_lease_stays_known,
    an_acknowledgement_of_another_history_shows,
    a_fenced_node_gets_no_lease_and_stays_on_the_roster,
    a_node_that_renewed_meanwhile_is_not_expired,
    a_retired_node_is_gone_and_gets_no_lease,
    a_node_that_goes_on_as_another_is_retired,
    retired_nodes_are_forgotten_in_time,
);

const LEASE: Duration = Duration::from_secs(5);

async fn a_registered_node_is_on_the_roster_before_its_first_renewal(database: Database) {
    assert_eq!(roster(&database).await.nodes, []);
    let id = register(&database, None).await;
    let expected = Member {
        id,
        state: NodeState::Live,
        lease: LEASE,
        renewals: 0,
        applied: Place::START,
        link: Some(Place::START.chain),
    };
    assert_eq!(roster(&database).await.nodes, [expected]);
}

async fn a_renewal_acknowledges_and_tells_the_head(database: Database) {
    let id = register(&database, None).await;
    assert_eq!(renew(&database, id, Place::START).await, Some(Place::START));
    let first = append(&database).await;
    let head = append(&database).await;
    assert_eq!(renew(&database, id, first).await, Some(head));
    let roster = roster(&database).await;
    assert_eq!(roster.head, head);
    let member = only(&roster);
    assert_eq!((member.renewals, member.applied), (2, first));
    assert_eq!(member.link, Some(first.chain));
}

async fn the_longest_lease_stays_known(database: Database) {
    let id = register(&database, None).await;
    for (lease_ms, longest_ms) in [(7_000, 7_000), (1_000, 7_000)] {
        let renewal = Renewal {
            lease: Duration::from_millis(lease_ms),
            ..renewal(id, Place::START)
        };
        write!(database, |tx| nodes::renew(tx, &renewal, NOW)).unwrap();
        let longest = only(&roster(&database).await).lease;
        assert_eq!(longest, Duration::from_millis(longest_ms));
    }
}

async fn an_acknowledgement_of_another_history_shows(database: Database) {
    let id = register(&database, None).await;
    let head = append(&database).await;
    let other = Place {
        chain: Place::START.chain,
        ..head
    };
    renew(&database, id, other).await;
    let member = only(&roster(&database).await);
    assert_eq!(member.applied, other);
    assert_eq!(member.link, Some(head.chain));
    let ahead = Place {
        seq: Seq::from_number(9),
        ..head
    };
    renew(&database, id, ahead).await;
    assert_eq!(only(&roster(&database).await).link, None);
}

async fn a_fenced_node_gets_no_lease_and_stays_on_the_roster(database: Database) {
    let id = register(&database, None).await;
    renew(&database, id, Place::START).await.unwrap();
    assert!(write!(database, |tx| nodes::fence(tx, id)).unwrap());
    assert!(!write!(database, |tx| nodes::fence(tx, id)).unwrap());
    assert_eq!(renew(&database, id, Place::START).await, None);
    let member = only(&roster(&database).await);
    assert_eq!((member.state, member.renewals), (NodeState::Fenced, 1));
    assert!(expire(&database, id, 1).await);
    assert_eq!(roster(&database).await.nodes, []);
}

async fn a_node_that_renewed_meanwhile_is_not_expired(database: Database) {
    let id = register(&database, None).await;
    renew(&database, id, Place::START).await.unwrap();
    assert!(!expire(&database, id, 0).await);
    renew(&database, id, Place::START).await.unwrap();
    assert!(expire(&database, id, 2).await);
    assert!(!expire(&database, id, 2).await);
    assert_eq!(renew(&database, id, Place::START).await, None);
}

async fn a_retired_node_is_gone_and_gets_no_lease(database: Database) {
    let id = register(&database, None).await;
    write!(database, |tx| nodes::retire(tx, id)).unwrap();
    assert_eq!(roster(&database).await.nodes, []);
    assert_eq!(renew(&database, id, Place::START).await, None);
    assert!(!write!(database, |tx| nodes::fence(tx, id)).unwrap());
}

async fn a_node_that_goes_on_as_another_is_retired(database: Database) {
    let before = register(&database, None).await;
    let after = register(&database, Some(before)).await;
    let ids: Vec<NodeId> = roster(&database)
        .await
        .nodes
        .iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(ids, [after]);
    assert_eq!(renew(&database, before, Place::START).await, None);
}

async fn retired_nodes_are_forgotten_in_time(database: Database) {
    let (gone, stays) = (
        register(&database, None).await,
        register(&database, None).await,
    );
    write!(database, |tx| nodes::retire(tx, gone)).unwrap();
    let forget =
        async |until: Timestamp| write!(database, |tx| nodes::forget_retired(tx, until)).unwrap();
    assert_eq!(forget(NOW.plus_secs(-1)).await, 0);
    assert_eq!(forget(NOW).await, 1);
    assert_eq!(only(&roster(&database).await).id, stays);
}

async fn register(database: &Database, replaces: Option<NodeId>) -> NodeId {
    let registration = Registration {
        id: NodeId::new(NOW, unique()),
        replaces,
        lease: LEASE,
        applied: Place::START,
    };
    write!(database, |tx| nodes::register(tx, &registration, NOW)).unwrap();
    registration.id
}

fn renewal(id: NodeId, applied: Place) -> Renewal {
    Renewal {
        id,
        lease: LEASE,
        applied,
    }
}

async fn renew(database: &Database, id: NodeId, applied: Place) -> Option<Place> {
    let renewal = renewal(id, applied);
    write!(database, |tx| nodes::renew(tx, &renewal, NOW)).unwrap()
}

async fn expire(database: &Database, id: NodeId, renewals: u64) -> bool {
    write!(database, |tx| nodes::expire(tx, id, renewals)).unwrap()
}

async fn roster(database: &Database) -> Roster {
    read!(database, |tx| nodes::roster(tx)).unwrap()
}

fn only(roster: &Roster) -> Member {
    let [member] = roster.nodes[..] else {
        panic!("one node was expected, not {:?}", roster.nodes)
    };
    member
}

async fn append(database: &Database) -> Place {
    let change = Change::Organization(organization().facts());
    write!(database, |tx| changelog::append(tx, NOW, &change)).unwrap();
    read!(database, |tx| changelog::head(tx)).unwrap()
}
