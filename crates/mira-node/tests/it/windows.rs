//! Windows of a node that is alone: they go on after a restart.

use std::sync::Arc;
use std::time::Duration;

use mira_core::{Access, Decision, Timestamp};
use mira_node::Node;
use mira_verifier::{BootClock, Credential, Limits, Resolved, Verifier};

use crate::scene::{Heard, ORGANIZATION_KEY, START, Scene, ask_with};
use crate::{tallies, tally};

/// Another process over the same store.
async fn restarted(scene: &Scene, now: Timestamp) -> Arc<Node> {
    let (clock, _) = BootClock::manual(now);
    let verifier = Arc::new(Verifier::new(Limits::default(), clock));
    Node::start(scene.db.clone(), verifier).await.unwrap()
}

/// What a request leaves of the minute.
async fn remaining(node: &Node) -> u32 {
    let key = Credential::Presented(ORGANIZATION_KEY);
    match node.verify(&key, &Access::ANY).await {
        Resolved::Decided(Decision::Allow(grant)) => grant.quota().unwrap().remaining,
        other => panic!("not allowed: {other:?}"),
    }
}

#[tokio::test]
async fn restart_within_a_window_gives_no_fresh_one() {
    let scene = Scene::new().await;
    for _ in 0..40 {
        assert_eq!(scene.ask().await, Heard::Yes);
    }
    scene.node.flush().await.unwrap();
    assert_eq!(remaining(&*restarted(&scene, START).await).await, 59);
    // What was not written is lost, and nothing is counted twice.
    assert_eq!(scene.ask().await, Heard::Yes);
    assert_eq!(remaining(&*restarted(&scene, START).await).await, 59);
    let next = restarted(&scene, START.plus_secs(60)).await;
    assert_eq!(remaining(&next).await, 99);
}

#[tokio::test]
async fn clean_stop_loses_no_count() {
    let scene = Scene::new().await;
    assert_eq!(scene.ask().await, Heard::Yes);
    scene.node.clone().run(std::future::ready(())).await;
    assert_eq!(remaining(&*restarted(&scene, START).await).await, 98);
}

/// The store committed a flush and the node was not told: what it writes again is
/// not counted again, and what it counted since is.
#[tokio::test]
async fn flush_whose_answer_was_lost_is_counted_once() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        assert_eq!(scene.ask().await, Heard::Yes);
    }
    scene.hide("usage");
    scene.node.flush().await.unwrap_err();
    scene.bring_back("usage");
    let id = hex(scene.key.facts.id.as_bytes());
    scene.run(&format!(
        "INSERT INTO usage_flushes VALUES (zeroblob(16), 1, 0);
         INSERT INTO usage VALUES (x'{id}', {}, 3, 0);",
        mira_store::usage::Day::of(START).number()
    ));
    scene.time.advance(Duration::from_secs(1));
    assert_eq!(scene.ask().await, Heard::Yes);
    scene.node.flush().await.unwrap();
    let counted: u64 = tallies(&scene).await.iter().map(|(_, t)| t.allowed).sum();
    assert_eq!(counted, 4);
    // The next process goes on with the numbers.
    let other = restarted(&scene, START).await;
    remaining(&other).await;
    other.flush().await.unwrap();
    assert_eq!(tallies(&scene).await[0].1, tally(5, 0));
}

fn hex(bytes: &[u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(*bytes))
}

/// A flush of many keys goes through the journal. A process that is killed before it
/// was settled leaves it to the next.
#[tokio::test]
async fn counts_of_many_keys_survive_a_kill() {
    let scene = Scene::new().await;
    let others = scene.add_keys(600).await;
    for key in &others {
        assert_eq!(ask_with(&scene.node, key).await, Heard::Yes);
    }
    for _ in 0..7 {
        assert_eq!(scene.ask().await, Heard::Yes);
    }
    scene.node.flush().await.unwrap();
    assert_eq!(tallies(&scene).await, []);
    let next = restarted(&scene, START).await;
    assert_eq!(tallies(&scene).await[0].1, tally(7, 0));
    assert_eq!(remaining(&next).await, 92);
}
