//! Several nodes over one store, on every back end. Time is moved by hand, and a
//! node that is not run is one whose process is stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use mira_core::{Actor, Denial, KeyRecord, KeyState};
use mira_db::{Database, DbError, PostgresOptions, Tx};
use mira_key::{Entropy, EntropyError};
use mira_node::{Effect, Membership, Node, Proof};
use mira_store::StoreError;
use mira_store::changelog::Seq;
use mira_store::nodes::{self, NodeState, Roster};
use mira_testkit::Postgres;
use mira_verifier::{BootClock, Lease, Limits, ManualTime, Verifier};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::scene::{Heard, START, ask, commit, fill};

macro_rules! suite {
    ($($claim:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $claim() {
                let folder = tempfile::tempdir().unwrap();
                let db = mira_store::open(&folder.path().join("store.db")).unwrap();
                super::$claim(super::House::of(db).await).await;
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $claim() {
                let url = super::Postgres::shared().create_database();
                let options = super::PostgresOptions::default();
                let db = mira_store::connect(&url, options).await.unwrap();
                super::$claim(super::House::of(db).await).await;
            })+
        }
    };
}

suite!(
    nodes_that_run_acknowledge,
    a_stopped_node_is_waited_for_until_its_lease_is_over,
    a_node_that_joins_after_the_commit_is_not_waited_for,
    a_caller_who_will_not_wait_hears_how_long_it_takes_at_most,
    several_waits_end_together,
    a_repeat_waits_for_the_change_that_it_repeats,
    a_fenced_node_comes_back_as_another,
    a_node_that_left_is_not_waited_for,
    a_node_that_died_is_retired_and_not_waited_for_again,
    a_store_that_lost_changes_is_not_followed,
    a_fresh_key_is_found_before_the_node_has_heard_of_it,
);

const LEASE: Duration = Duration::from_secs(5);
/// Longer than any wait of five seconds' leases.
const LONG: Duration = Duration::from_millis(5_100);
const REVOKED: KeyState = KeyState::Revoked {
    at: START,
    by: Actor::System,
};

struct House {
    db: Database,
    key: KeyRecord,
    clock: BootClock,
    time: ManualTime,
}

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl House {
    async fn of(db: Database) -> Self {
        let (key, _) = fill(&db).await;
        let (clock, time) = BootClock::manual(START);
        Self {
            db,
            key,
            clock,
            time,
        }
    }

    async fn join(&self) -> Arc<Node> {
        let verifier = Arc::new(Verifier::new(Limits::default(), self.clock.clone()));
        let membership = Membership {
            lease: LEASE,
            entropy: Arc::new(Unique),
        };
        let node = Node::join(self.db.clone(), verifier, membership).await;
        node.unwrap()
    }

    async fn revoke(&self) -> Seq {
        commit(&self.db, &self.key, REVOKED).await
    }

    async fn roster(&self) -> Roster {
        let read = self.db.read(|tx| Box::pin(nodes::roster(tx)));
        read.await.unwrap()
    }

    async fn tamper(&self, sql: &'static str) {
        let tampered = self.db.write(move |tx| {
            Box::pin(async move {
                match tx {
                    Tx::Sqlite(tx) => tx.connection().execute_batch(sql).map_err(DbError::from),
                    Tx::Postgres(tx) => tx.batch_execute(sql).await,
                }
                .map_err(StoreError::from)
            })
        });
        tampered.await.unwrap();
    }
}

fn run(node: &Arc<Node>) -> Running {
    let (stop, stopped) = oneshot::channel();
    let stopped = async {
        stopped.await.ok();
    };
    let task = tokio::spawn(Arc::clone(node).run(stopped));
    Running { stop, task }
}

impl Running {
    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

/// Waits for what happens soon.
async fn eventually(what: impl AsyncFn() -> bool) {
    let happened = async {
        while !what().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let patience = Duration::from_secs(20);
    tokio::time::timeout(patience, happened).await.unwrap();
}

#[track_caller]
fn assert_effective(effect: Effect, expected: (Proof, u32)) {
    let Effect::Effective { proof, nodes, .. } = effect else {
        panic!("{effect:?} is not effective");
    };
    assert_eq!((proof, nodes), expected);
}

async fn nodes_that_run_acknowledge(house: House) {
    let (a, b, c) = (house.join().await, house.join().await, house.join().await);
    let _running = (run(&b), run(&c));
    let seq = house.revoke().await;
    let effect = a.barrier(seq, None).await.unwrap();
    assert_effective(effect, (Proof::Acks, 3));
    for node in [&a, &b, &c] {
        assert_eq!(ask(node).await, Heard::No(Denial::RevokedKey));
    }
}

/// On PostgreSQL, which has hints that can be lost.
#[tokio::test]
async fn hints_that_are_lost_cost_time_and_nothing_else() {
    let url = Postgres::shared().create_database();
    let options = PostgresOptions::default();
    let db = mira_store::connect(&url, options).await.unwrap();
    let house = House::of(db).await;
    let (a, b) = (house.join().await, house.join().await);
    let _running = (run(&a), run(&b));
    let database = url.rsplit('/').next().unwrap();
    for _ in 0..3 {
        let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                    AND (query LIKE '%LISTEN mira_nodes%' OR query LIKE '%pg_notify%')";
        Postgres::shared().execute(database, kill);
        let effect = a.barrier(house.revoke().await, None).await.unwrap();
        assert_effective(effect, (Proof::Acks, 2));
        assert_eq!(ask(&b).await, Heard::No(Denial::RevokedKey));
        commit(&house.db, &house.key, KeyState::Active).await;
        eventually(async || ask(&b).await == Heard::Yes).await;
    }
}

async fn a_stopped_node_is_waited_for_until_its_lease_is_over(house: House) {
    let (a, stopped) = (house.join().await, house.join().await);
    let seq = house.revoke().await;
    let waiting = {
        let a = Arc::clone(&a);
        tokio::spawn(async move { a.barrier(seq, None).await.unwrap() })
    };
    let moment = Duration::from_millis(100);
    tokio::time::sleep(moment).await;
    house
        .time
        .advance(LEASE.saturating_sub(Duration::from_nanos(1)));
    tokio::time::sleep(moment).await;
    assert!(!waiting.is_finished());
    // Its lease still runs, and nobody has told it.
    assert_eq!(ask(&stopped).await, Heard::Yes);
    house.time.advance(LONG.saturating_sub(LEASE));
    assert_effective(waiting.await.unwrap(), (Proof::LeaseExpiry, 2));
    assert_eq!(ask(&stopped).await, Heard::Unavailable);
}

async fn a_node_that_joins_after_the_commit_is_not_waited_for(house: House) {
    let a = house.join().await;
    let seq = house.revoke().await;
    let late = house.join().await;
    assert_eq!(ask(&late).await, Heard::No(Denial::RevokedKey));
    let effect = a.barrier(seq, None).await.unwrap();
    assert_effective(effect, (Proof::Acks, 2));
}

async fn a_caller_who_will_not_wait_hears_how_long_it_takes_at_most(house: House) {
    let (a, _stopped) = (house.join().await, house.join().await);
    let seq = house.revoke().await;
    let effect = a.barrier(seq, Some(Duration::ZERO)).await.unwrap();
    assert_eq!(effect, Effect::Pending { within_ms: 5_065 });
    assert_eq!(ask(&a).await, Heard::No(Denial::RevokedKey));
}

async fn several_waits_end_together(house: House) {
    let (a, _stopped) = (house.join().await, house.join().await);
    let mut waiting = Vec::new();
    for _ in 0..10 {
        let (seq, a) = (house.revoke().await, Arc::clone(&a));
        waiting.push(tokio::spawn(
            async move { a.barrier(seq, None).await.unwrap() },
        ));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    house.time.advance(LONG);
    for waiting in waiting {
        assert_effective(waiting.await.unwrap(), (Proof::LeaseExpiry, 2));
    }
}

async fn a_repeat_waits_for_the_change_that_it_repeats(house: House) {
    let (a, _stopped) = (house.join().await, house.join().await);
    house.revoke().await;
    // It announces nothing: the change that it repeats is somewhere before the head.
    let effect = a.barrier(Seq::START, Some(Duration::ZERO)).await.unwrap();
    assert!(matches!(effect, Effect::Pending { .. }));
    house.time.advance(LONG);
    let effect = a.barrier(Seq::START, Some(Duration::ZERO)).await.unwrap();
    assert!(
        matches!(effect, Effect::Pending { .. }),
        "a wait begins with its call"
    );
}

async fn a_fenced_node_comes_back_as_another(house: House) {
    let (a, b) = (house.join().await, house.join().await);
    let seq = house.revoke().await;
    let ids: Vec<_> = house
        .roster()
        .await
        .nodes
        .iter()
        .map(|node| node.id)
        .collect();
    let waiting = {
        let a = Arc::clone(&a);
        tokio::spawn(async move { a.barrier(seq, None).await.unwrap() })
    };
    tokio::time::sleep(Duration::from_millis(50)).await;
    house.time.advance(LONG);
    waiting.await.unwrap();
    eventually(async || {
        let roster = house.roster().await;
        roster
            .nodes
            .iter()
            .any(|node| node.state == NodeState::Fenced)
    })
    .await;
    let _running = run(&b);
    eventually(async || ask(&b).await != Heard::Unavailable).await;
    assert_eq!(ask(&b).await, Heard::No(Denial::RevokedKey));
    let roster = house.roster().await;
    assert_eq!(roster.nodes.len(), 2);
    assert!(roster.nodes.iter().any(|node| !ids.contains(&node.id)));
    let effect = a.barrier(house.revoke().await, None).await.unwrap();
    assert_effective(effect, (Proof::Acks, 2));
}

async fn a_node_that_left_is_not_waited_for(house: House) {
    let (a, b) = (house.join().await, house.join().await);
    run(&b).stop().await;
    assert_eq!(ask(&b).await, Heard::Unavailable);
    let effect = a.barrier(house.revoke().await, None).await.unwrap();
    assert_effective(effect, (Proof::Acks, 1));
}

async fn a_node_that_died_is_retired_and_not_waited_for_again(house: House) {
    let (a, _dead) = (house.join().await, house.join().await);
    let _running = run(&a);
    // Both rows are seen, and then one of them does not move for longer than a lease.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    house.time.advance(LONG);
    eventually(async || house.roster().await.nodes.len() == 1).await;
    eventually(async || ask(&a).await != Heard::Unavailable).await;
    let effect = a.barrier(house.revoke().await, None).await.unwrap();
    assert_effective(effect, (Proof::Acks, 1));
}

async fn a_store_that_lost_changes_is_not_followed(house: House) {
    let a = house.join().await;
    let seq = house.revoke().await;
    a.barrier(seq, None).await.unwrap();
    house
        .tamper(
            "UPDATE chain_heads SET position = position - 1, chain = (
                 SELECT chain FROM changelog WHERE position = (
                     SELECT max(position) - 1 FROM changelog)) WHERE log = 'changelog';
             DELETE FROM changelog WHERE position = (SELECT max(position) FROM changelog)",
        )
        .await;
    let running = run(&a);
    eventually(async || a.has_forked() && house.roster().await.nodes.is_empty()).await;
    assert_eq!(a.verifier().lease(), Lease::Absent);
    assert_eq!(ask(&a).await, Heard::Unavailable);
    // Other changes in the place of those that are lost do not make it better.
    commit(&house.db, &house.key, KeyState::Active).await;
    commit(&house.db, &house.key, KeyState::Active).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(ask(&a).await, Heard::Unavailable);
    running.stop().await;
}

async fn a_fresh_key_is_found_before_the_node_has_heard_of_it(house: House) {
    let (_a, b) = (house.join().await, house.join().await);
    let key = crate::scene::issue(&house.db, house.key.facts.organization_id).await;
    assert_eq!(crate::scene::ask_with(&b, &key).await, Heard::Yes);
    assert_eq!(
        b.standing().await.applied,
        house.roster().await.head.seq.number()
    );
}

/// Bytes that no other node gets.
struct Unique;

impl Entropy for Unique {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        static NEXT: AtomicU8 = AtomicU8::new(0);
        bytes.fill(NEXT.fetch_add(1, Ordering::Relaxed));
        Ok(())
    }
}
