//! What a node promises of the verifier that it feeds, over a real store.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod many;
mod scene;
mod sharing;
mod windows;

use std::sync::Arc;
use std::time::Duration;

use mira_core::{Access, Actor, Denial, KeyState, Permission, Timestamp};
use mira_node::{Effect, Proof};
use mira_store::keys;
use mira_store::usage::{self, Day, Tally, UsageOf};
use mira_verifier::Lease;

use crate::scene::{Heard, START, Scene, known_place};

const REVOKED: KeyState = KeyState::Revoked {
    at: START,
    by: Actor::System,
};

const WRITE: Access = Access {
    permission: Some(Permission::Write),
    ..Access::ANY
};

#[tokio::test]
async fn change_holds_when_the_barrier_returns() {
    let scene = Scene::new().await;
    assert_eq!(scene.ask().await, Heard::Yes);
    let suspended = KeyState::Suspended {
        since: START,
        was: mira_core::Suspendable::Active,
    };
    for (state, expected) in [
        (suspended, Heard::No(Denial::SuspendedKey)),
        (KeyState::Active, Heard::Yes),
        (REVOKED, Heard::No(Denial::RevokedKey)),
    ] {
        let seq = scene.commit(state).await;
        let effect = scene.node.barrier(seq, None).await.unwrap();
        assert_eq!(scene.ask().await, expected);
        let Effect::Effective { proof, nodes, .. } = effect else {
            panic!("one node never waits for another, but said {effect:?}");
        };
        assert_eq!((proof, nodes), (Proof::Local, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_of_concurrent_writers_are_applied_in_the_order_of_the_changelog() {
    const COMMITS: u32 = 50;
    let scene = Scene::new().await;
    let first = scene.commit_balances().await;
    scene.node.barrier(first, None).await.unwrap();
    let writer = || {
        let scene = Arc::clone(&scene);
        tokio::spawn(async move {
            for _ in 0..COMMITS {
                let seq = scene.commit_balances().await;
                scene.node.barrier(seq, None).await.unwrap();
                let known = known_place(&scene.node).await;
                assert!(known >= seq, "{known:?} after {seq:?}");
            }
        })
    };
    let writers = [writer(), writer()];
    let mut last = first;
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        let known = known_place(&scene.node).await;
        assert!(known >= last, "{known:?} after {last:?}");
        last = known;
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(known_place(&scene.node).await, scene.head().await);
}

#[tokio::test]
async fn node_that_cannot_read_the_changelog_serves_nothing_until_it_can() {
    let scene = Scene::new().await;
    let seq = scene.commit(REVOKED).await;
    scene.hide("changelog");
    scene.node.barrier(seq, None).await.unwrap_err();
    assert_eq!(scene.node.verifier().lease(), Lease::Absent);
    assert_eq!(scene.ask().await, Heard::Unavailable);
    scene.node.barrier(seq, None).await.unwrap_err();
    assert_eq!(scene.ask().await, Heard::Unavailable);

    scene.bring_back("changelog");
    assert_eq!(scene.ask().await, Heard::Unavailable);
    scene.node.barrier(seq, None).await.unwrap();
    assert_eq!(scene.ask().await, Heard::No(Denial::RevokedKey));
}

#[tokio::test]
async fn running_node_comes_back_by_itself() {
    let scene = Scene::new().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(scene.node.clone().run(async { stopped.await.unwrap() }));
    let seq = scene.commit(REVOKED).await;
    scene.hide("changelog");
    scene.node.barrier(seq, None).await.unwrap_err();
    scene.bring_back("changelog");
    let back = async {
        while scene.ask().await == Heard::Unavailable {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back)
        .await
        .unwrap();
    assert_eq!(scene.ask().await, Heard::No(Denial::RevokedKey));
    stop.send(()).unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn closed_store_is_unavailable() {
    let scene = Scene::new().await;
    let seq = scene.commit(REVOKED).await;
    scene.db.clone().close().await.unwrap();
    scene.node.barrier(seq, None).await.unwrap_err();
    assert_eq!(scene.ask().await, Heard::Unavailable);
}

#[tokio::test]
async fn usage_and_last_use_are_written() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        assert_eq!(scene.ask().await, Heard::Yes);
    }
    scene.time.advance(Duration::from_secs(7));
    assert_eq!(scene.ask().await, Heard::Yes);
    let denial = Denial::MissingPermission(Permission::Write);
    assert_eq!(scene.ask_for(&WRITE).await, Heard::No(denial));
    scene.node.flush().await.unwrap();
    let (written, last_used) = (tallies(&scene).await, last_used(&scene).await);
    assert_eq!(written, [(Day::of(START), tally(4, 1))]);
    assert_eq!(last_used, Some(START.plus_secs(7)));

    scene.node.flush().await.unwrap();
    assert_eq!(tallies(&scene).await, written);
}

#[tokio::test]
async fn failed_write_of_usage_loses_no_count() {
    let scene = Scene::new().await;
    scene.hide("usage");
    for day in 0..2 {
        assert_eq!(scene.ask().await, Heard::Yes);
        assert_eq!(scene.ask().await, Heard::Yes);
        scene.node.flush().await.unwrap_err();
        assert_eq!(last_used(&scene).await, None, "day {day}");
        scene.time.advance(Duration::from_hours(24));
    }
    let denial = Denial::MissingPermission(Permission::Write);
    assert_eq!(scene.ask_for(&WRITE).await, Heard::No(denial));
    scene.bring_back("usage");
    scene.node.flush().await.unwrap();

    let day = |number: i64| Day::of(START.plus_secs(number * 86_400));
    let expected = [
        (day(0), tally(2, 0)),
        (day(1), tally(2, 0)),
        (day(2), tally(0, 1)),
    ];
    assert_eq!(tallies(&scene).await, expected);
    assert_eq!(last_used(&scene).await, Some(START.plus_secs(86_400)));
    scene.node.flush().await.unwrap();
    assert_eq!(tallies(&scene).await, expected);
}

#[tokio::test]
async fn usage_is_written_when_the_node_stops() {
    let scene = Scene::new().await;
    assert_eq!(scene.ask().await, Heard::Yes);
    scene.node.clone().run(std::future::ready(())).await;
    assert_eq!(tallies(&scene).await, [(Day::of(START), tally(1, 0))]);
}

fn tally(allowed: u64, denied: u64) -> Tally {
    Tally { allowed, denied }
}

async fn tallies(scene: &Scene) -> Vec<(Day, Tally)> {
    let of = UsageOf::Key(scene.key.facts.id);
    let days = Day::from_number(0)..Day::from_number(1_000_000);
    scene
        .db
        .read(move |tx| Box::pin(async move { usage::by_day(tx, of, days).await }))
        .await
        .unwrap()
}

async fn last_used(scene: &Scene) -> Option<Timestamp> {
    let id = scene.key.facts.id;
    let stored = scene
        .db
        .read(move |tx| Box::pin(async move { keys::get(tx, id).await }))
        .await
        .unwrap();
    stored.unwrap().record.last_used_at
}
