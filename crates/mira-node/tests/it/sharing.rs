//! Windows that several nodes share over one PostgreSQL database.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use mira_core::{
    Access, Actor, Change, Decision, Denial, Environment, KeyFacts, KeyId, KeyKind, KeyRecord,
    KeyState, Organization, OrganizationId, OrganizationState, Origin, Permission, RateLimit,
    Subscription,
};
use mira_db::{Database, PostgresOptions};
use mira_key::{Entropy, EntropyError, KeyDigest};
use mira_node::{Effect, Membership, Node};
use mira_store::{changelog, keys, organizations};
use mira_testkit::Postgres;
use mira_verifier::{BootClock, Credential, Limits, Resolved, Verifier};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::scene::{ORGANIZATION_KEY, START};

/// A database that several nodes serve. The key has a limit per day, so that no
/// window ends within a test.
struct Cluster {
    url: String,
    key: KeyRecord,
    nodes: Vec<Running>,
}

struct Running {
    node: Arc<Node>,
    db: Database,
    task: JoinHandle<()>,
    /// Held for as long as it runs.
    _stop: oneshot::Sender<()>,
}

impl Cluster {
    async fn new(nodes: usize, per_day: u32) -> Self {
        let url = Postgres::shared().create_database();
        let mut cluster = Self {
            url,
            key: key(per_day),
            nodes: Vec::new(),
        };
        let db = cluster.connect().await;
        let (organization, key) = (organization(), cluster.key.clone());
        db.write(move |tx| {
            Box::pin(async move {
                organizations::insert(tx, &organization).await?;
                keys::insert(tx, &key, &KeyDigest::of(ORGANIZATION_KEY)).await
            })
        })
        .await
        .unwrap();
        for _ in 0..nodes {
            cluster.join().await;
        }
        cluster
    }

    async fn connect(&self) -> Database {
        let options = PostgresOptions::default();
        mira_store::connect(&self.url, options).await.unwrap()
    }

    async fn join(&mut self) {
        let db = self.connect().await;
        let limits = Limits {
            organization_key_per_minute: None,
            ..Limits::default()
        };
        let verifier = Arc::new(Verifier::new(limits, BootClock::system()));
        let membership = Membership {
            lease: Duration::from_secs(5),
            entropy: Arc::new(Counting),
        };
        let node = Node::join(db.clone(), verifier, membership).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            stopped.await.ok();
        };
        let task = tokio::spawn(Arc::clone(&node).run(stopped));
        self.nodes.push(Running {
            node,
            db,
            task,
            _stop: stop,
        });
    }

    /// Kills the process of a node, as far as one process can: it is not asked, and
    /// what it holds is gone.
    fn kill(&mut self, index: usize) {
        let running = self.nodes.remove(index);
        running.task.abort();
        running.node.lose_lease();
    }

    /// Changes the key's limit, and waits until that holds everywhere.
    async fn limit(&mut self, per_day: u32) {
        let running = &self.nodes[0];
        self.key = KeyRecord {
            facts: KeyFacts {
                rate_limit: limit(per_day),
                ..self.key.facts.clone()
            },
            ..self.key.clone()
        };
        let key = self.key.clone();
        let seq = running
            .db
            .write(move |tx| {
                Box::pin(async move {
                    keys::update(tx, &key).await?;
                    let digest = KeyDigest::of(ORGANIZATION_KEY);
                    let facts = key.facts;
                    changelog::append(tx, START, &Change::Key { digest, facts }).await
                })
            })
            .await
            .unwrap();
        let effect = running.node.barrier(seq, None).await.unwrap();
        assert!(matches!(effect, Effect::Effective { .. }), "{effect:?}");
    }

    /// Asks every node with several requests at a time until all are refused or
    /// `each` have been asked, and gives how many were admitted.
    async fn hammer(&self, cost: u32, each: u32) -> u32 {
        let mut callers = JoinSet::new();
        for running in &self.nodes {
            for _ in 0..4 {
                let node = Arc::clone(&running.node);
                callers.spawn(async move {
                    let mut admitted = 0;
                    for _ in 0..each {
                        match ask(&node, cost).await {
                            Heard::Yes => admitted += cost,
                            Heard::Full => break,
                        }
                    }
                    admitted
                });
            }
        }
        callers.join_all().await.into_iter().sum()
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Heard {
    Yes,
    Full,
}

/// A machine that is busy with other tests may keep a trip to the store waiting;
/// that is no answer, and asked again.
async fn ask(node: &Node, cost: u32) -> Heard {
    let access = Access {
        cost,
        ..Access::ANY
    };
    let key = Credential::Presented(ORGANIZATION_KEY);
    loop {
        match node.verify(&key, &access).await {
            Resolved::Decided(Decision::Allow(_)) => return Heard::Yes,
            Resolved::Decided(Decision::Deny(denied)) => {
                assert!(
                    matches!(denied.denial, Denial::RateLimitedDay(_)),
                    "{denied:?}"
                );
                return Heard::Full;
            }
            Resolved::Unavailable => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_admit_what_the_limit_says() {
    let cluster = Cluster::new(3, 300).await;
    let admitted = cluster.hammer(1, 1_000).await;
    assert!((270..=300).contains(&admitted), "{admitted}");
    assert_eq!(cluster.hammer(1, 5).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_of_several_units_share_the_limit() {
    let cluster = Cluster::new(3, 100).await;
    let admitted = cluster.hammer(7, 1_000).await;
    assert!((70..=100).contains(&admitted), "{admitted}");
    let rest = cluster.hammer(1, 1_000).await;
    assert!((90..=100).contains(&(admitted + rest)), "{admitted} {rest}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_node_gets_all_of_the_limit() {
    let cluster = Cluster::new(1, 50).await;
    assert_eq!(cluster.hammer(1, 1_000).await, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_die_take_units_along_and_bring_none() {
    let mut cluster = Cluster::new(3, 200).await;
    let mut admitted = 0;
    for _ in 0..3 {
        admitted += cluster.hammer(1, 3).await;
        cluster.kill(0);
        cluster.join().await;
    }
    admitted += cluster.hammer(1, 1_000).await;
    assert!((100..=200).contains(&admitted), "{admitted}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lower_limit_holds_for_what_nodes_have_in_hand() {
    let mut cluster = Cluster::new(3, 1_000).await;
    let before = cluster.hammer(1, 2).await;
    assert_eq!(before, 24);
    cluster.limit(30).await;
    let after = cluster.hammer(1, 1_000).await;
    assert!(before + after <= 30, "{before} and {after}");
    cluster.limit(2_000).await;
    assert_eq!(cluster.hammer(1, 20).await, 240);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn store_that_cannot_be_asked_is_no_answer() {
    let cluster = Cluster::new(1, 10).await;
    let database = cluster.url.rsplit('/').next().unwrap();
    let run = |sql: &str| Postgres::shared().execute(database, sql);
    run("ALTER TABLE windows RENAME TO hidden_windows");
    let key = Credential::Presented(ORGANIZATION_KEY);
    let node = &cluster.nodes[0].node;
    let answer = node.verify(&key, &Access::ANY).await;
    assert_eq!(answer, Resolved::Unavailable);
    run("ALTER TABLE hidden_windows RENAME TO windows");
    assert_eq!(cluster.hammer(1, 100).await, 10);
}

/// Different bytes every time.
struct Counting;

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        bytes.fill(NEXT.fetch_add(1, Ordering::Relaxed));
        Ok(())
    }
}

fn organization() -> Organization {
    Organization {
        id: OrganizationId::new(START, [1; 10]),
        name: "Acme".to_owned(),
        state: OrganizationState::Active,
        subscription: Subscription::OPERATOR,
        created_at: START,
    }
}

fn key(per_day: u32) -> KeyRecord {
    let permissions = [Permission::Read].into_iter().collect();
    KeyRecord {
        facts: KeyFacts {
            id: KeyId::new(START, [1; 10]),
            organization_id: organization().id,
            kind: KeyKind::Organization { permissions },
            environment: Environment::Production,
            state: KeyState::Active,
            expires_at: None,
            ip_allowlist: None,
            rate_limit: limit(per_day),
        },
        name: "shared".to_owned(),
        prefix: "mira_live_a1B2".to_owned(),
        origin: Origin {
            created_at: START,
            created_by: Actor::System,
            rotated_from: None,
        },
        last_used_at: None,
        rotated_to: None,
    }
}

fn limit(per_day: u32) -> RateLimit {
    RateLimit {
        per_minute: None,
        per_day: NonZeroU32::new(per_day),
    }
}
