//! Several nodes over one database: what one is told, all hold.

use http::StatusCode;
use mira_testkit::{Client, Demo, Postgres, Server, ServerOptions};
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
