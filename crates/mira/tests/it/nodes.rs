//! Several nodes over one database: what one is told, all hold.

use std::time::Duration;

use http::StatusCode;
use mira_testkit::{Client, Demo, Postgres, Server, ServerOptions, Way};
use serde_json::{Value, json};

use crate::new_key;

/// Nodes over a database of their own. The first has made the demo.
struct Nodes {
    url: String,
    config: String,
    servers: Vec<Server>,
    demo: Demo,
}

impl Nodes {
    fn start(count: usize, lease_ms: u64) -> Self {
        let url = Postgres::shared().create_database();
        let config = format!(
            "[store]\nlease_ms = {lease_ms}\n[limits]\naddress_per_minute = 0\n\
             organization_key_per_minute = 0\napp_key_per_minute = 0\napp_key_per_day = 0\n\
             console_per_minute = 0\n"
        );
        let first = start(&url, &config);
        let mut nodes = Self {
            demo: first.demo(),
            url,
            config,
            servers: vec![first],
        };
        for _ in 1..count {
            let next = start(&nodes.url, &nodes.config);
            nodes.servers.push(next);
        }
        nodes
    }

    /// The admin, by their key, at one node.
    fn admin(&self, at: usize) -> Client {
        self.servers[at].client().with_key(&self.demo.keys.admin)
    }

    async fn new_key(&self, at: usize) -> (String, String) {
        let body = json!({"name": "one of many"});
        new_key(&self.admin(at), &self.demo.organization_id, body).await
    }

    /// What a key gets to hear at one node.
    async fn hear(&self, at: usize, key: &str) -> String {
        let client = self.servers[at].client().with_key(key);
        let answer = client.get("/api/v1/meetings?limit=1").await;
        answer.code().unwrap_or("ok").to_owned()
    }

    /// Waits until a key hears `expected` at one node. Anything else than that it
    /// cannot be known is wrong meanwhile.
    async fn hears_again(&self, at: usize, key: &str, expected: &str) {
        for _ in 0..1_000 {
            let heard = self.hear(at, key).await;
            if heard == expected {
                return;
            }
            assert_eq!(heard, "unavailable", "at {at}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{expected} is not heard at {at}");
    }

    async fn revoke(&self, at: usize, id: &str) -> Value {
        let path = format!("/v1/keys/{id}/revoke");
        let revoked = self.admin(at).post(&path, &json!({})).await;
        revoked.expect(StatusCode::OK).json()
    }
}

fn start(url: &str, config: &str) -> Server {
    let options = ServerOptions {
        demo: true,
        config: Some(config.to_owned()),
        arguments: vec!["--database".to_owned(), url.to_owned()],
        ..ServerOptions::default()
    };
    Server::start(env!("CARGO_BIN_EXE_mira"), options)
}

#[tokio::test]
async fn a_revoked_key_is_dead_on_every_node_when_the_call_answers() {
    let nodes = Nodes::start(3, 5_000);
    for round in 0..10 {
        let (issued_at, revoked_at) = (round % 3, (round + 1) % 3);
        let (id, key) = nodes.new_key(issued_at).await;
        for at in 0..3 {
            assert_eq!(nodes.hear(at, &key).await, "ok", "at {at}");
        }
        let revoked = nodes.revoke(revoked_at, &id).await;
        for at in 0..3 {
            assert_eq!(nodes.hear(at, &key).await, "revoked_key", "at {at}");
        }
        assert_eq!(revoked["effective"], true, "{revoked}");
        assert_eq!(revoked["proof"], "acks", "{revoked}");
        assert_eq!(revoked["nodes"], 3, "{revoked}");
    }
}

#[tokio::test]
async fn a_stopped_node_is_waited_for_and_refuses_when_it_goes_on() {
    let mut nodes = Nodes::start(3, 1_000);
    let (id, key) = nodes.new_key(0).await;
    assert_eq!(nodes.hear(2, &key).await, "ok");
    nodes.servers[2].pause();

    // A caller who will not wait is told so, and a repeat waits for what it repeats.
    let path = format!("/v1/keys/{id}/revoke");
    let hasty = nodes.admin(0).with_header("prefer", "wait=0");
    let pending = hasty
        .post(&path, &json!({}))
        .await
        .expect(StatusCode::ACCEPTED);
    assert_eq!(pending.json()["effective"], false);
    assert!(pending.json()["within_ms"].as_u64().unwrap() <= 1_053);
    let revoked = nodes.revoke(1, &id).await;
    assert_eq!(revoked["effective"], true, "{revoked}");
    assert_eq!(revoked["proof"], "lease_expiry", "{revoked}");

    nodes.servers[2].resume();
    nodes.hears_again(2, &key, "revoked_key").await;
    let (id, key) = nodes.new_key(2).await;
    let revoked = nodes.revoke(1, &id).await;
    assert_eq!(revoked["proof"], "acks", "{revoked}");
    for at in 0..3 {
        assert_eq!(nodes.hear(at, &key).await, "revoked_key", "at {at}");
    }
}

#[tokio::test]
async fn a_killed_node_is_waited_for_once_and_a_stopped_one_not_at_all() {
    let mut nodes = Nodes::start(3, 1_000);
    let (id, _) = nodes.new_key(0).await;
    nodes.servers.remove(2).kill();
    let (first, second) = tokio::join!(nodes.revoke(0, &id), nodes.revoke(1, &id));
    for revoked in [first, second] {
        assert_eq!(revoked["proof"], "lease_expiry", "{revoked}");
    }
    let mut proof = json!(null);
    for _ in 0..50 {
        let (id, _) = nodes.new_key(0).await;
        proof = nodes.revoke(0, &id).await["proof"].take();
        if proof == "acks" {
            break;
        }
    }
    assert_eq!(proof, "acks");

    let finished = nodes.servers.remove(1).stop();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let (id, _) = nodes.new_key(0).await;
    let revoked = nodes.revoke(0, &id).await;
    assert_eq!(
        (&revoked["proof"], &revoked["nodes"]),
        (&json!("acks"), &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_cut_off_knows_nothing_and_comes_back() {
    let mut nodes = Nodes::start(1, 1_000);
    let port = Postgres::shared().port();
    let way = Way::start(port).await;
    let url = nodes
        .url
        .replace(&format!(":{port}/"), &format!(":{}/", way.port()));
    nodes.servers.push(start(&url, &nodes.config));
    let (id, key) = nodes.new_key(0).await;
    assert_eq!(nodes.hear(1, &key).await, "ok");
    let ready = nodes.servers[1]
        .client()
        .get("/readyz")
        .await
        .expect(StatusCode::OK);
    assert_eq!(ready.json()["status"], "ready");

    way.cut();
    let revoked = nodes.revoke(0, &id).await;
    assert_eq!(revoked["proof"], "lease_expiry", "{revoked}");
    assert_eq!(nodes.hear(1, &key).await, "unavailable");
    let client = nodes.servers[1].client();
    let ready = client
        .get("/readyz")
        .await
        .expect(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["reason"], "no_lease");
    assert!(ready.header("retry-after").is_some());
    let path = format!("/v1/keys/{id}/revoke");
    let mutation = nodes.admin(1).post(&path, &json!({})).await;
    mutation.expect(StatusCode::SERVICE_UNAVAILABLE);

    way.mend();
    nodes.hears_again(1, &key, "revoked_key").await;
    let (id, _) = nodes.new_key(1).await;
    assert_eq!(nodes.revoke(1, &id).await["proof"], "acks");
}

#[tokio::test]
async fn what_an_app_has_used_up_at_one_node_it_lacks_at_the_others() {
    let nodes = Nodes::start(2, 5_000);
    let root = nodes.servers[0].client();
    root.sign_in(nodes.demo.user("superadmin")).await;
    let path = format!("/v1/organizations/{}/apps", nodes.demo.organization_id);
    let app = root.post(&path, &json!({"name": "thirsty"})).await.json();
    let app = app["id"].as_str().unwrap();
    let (_, key) = crate::new_app_key(&root, app, "verify").await;
    let sip = json!({"amount": 0.000_01, "reason": "a sip"});
    let sipped = root.post(&format!("/v1/apps/{app}/topups"), &sip).await;
    sipped.expect(StatusCode::CREATED);

    let verify = async |at: usize, key: &str| {
        let client = nodes.servers[at].client().with_key(key);
        let body = json!({"fact": "2 + 2 = 4"});
        let answer = client.post("/verify/v1/stream", &body).await;
        answer.code().unwrap_or("ok").to_owned()
    };
    // What was paid in at one node the others hear of soon.
    let patience = Duration::from_secs(10);
    let paid = async {
        while verify(1, &key).await != "ok" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(patience, paid).await.unwrap();
    for at in [0, 1] {
        let dry = async {
            while verify(at, &key).await != "insufficient_balance" {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(patience, dry).await.unwrap();
    }

    // Charges that come together are told together.
    let rich = &nodes.demo;
    let told = || {
        let database = nodes.url.rsplit('/').next().unwrap();
        let sql = format!(
            "SELECT count(*) FROM changelog WHERE body LIKE '%\"app\"%{}%'",
            rich.app_id
        );
        let count: u32 = Postgres::shared().execute(database, &sql).parse().unwrap();
        count
    };
    let before = told();
    let mut charged = 0;
    for _ in 0..4 {
        let all = [0, 1, 0, 1].map(|at| verify(at, &rich.keys.verify));
        let [a, b, c, d] = all;
        let (a, b, c, d) = tokio::join!(a, b, c, d);
        assert_eq!([a, b, c, d], ["ok"; 4]);
        charged += 4;
    }
    let told = told() - before;
    assert!(told < charged, "{told} changes for {charged} charges");
}

#[tokio::test]
async fn nodes_that_start_at_once_on_an_empty_database_make_one_demo() {
    let url = Postgres::shared().create_database();
    let starting = [0, 1, 2].map(|_| {
        let url = url.clone();
        tokio::task::spawn_blocking(move || start(&url, "[limits]\nconsole_per_minute = 0\n"))
    });
    let mut servers = Vec::new();
    for server in starting {
        servers.push(server.await.unwrap());
    }
    let mut makers = servers.iter().filter(|server| server.data().exists());
    let demo = makers.next().unwrap().demo();
    assert!(makers.next().is_none());
    for server in &servers {
        let client = server.client();
        client.sign_in(demo.user("admin")).await;
        let keys = client
            .with_key(&demo.keys.read)
            .get("/api/v1/meetings")
            .await;
        let total = keys.expect(StatusCode::OK).json()["meta"]["total"].as_u64();
        assert!(total.unwrap() >= 20);
    }
}

#[test]
fn a_database_that_is_not_there_is_named_in_one_sentence() {
    let url = "postgres://mira:s3cret@127.0.0.1:1/mira";
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--database", url];
    let finished = mira_testkit::run(env!("CARGO_BIN_EXE_mira"), &arguments, &[], "");
    assert_eq!(finished.code, Some(1));
    let said = finished.stderr.trim();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("postgres://127.0.0.1:1/mira cannot be reached"),
        "{said}"
    );
    assert!(!said.contains("s3cret"), "{said}");
}
