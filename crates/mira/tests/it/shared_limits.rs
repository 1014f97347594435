//! Limits and balances that several nodes share over one database.

use std::collections::HashMap;
use std::time::Duration;

use http::StatusCode;
use mira_testkit::{Client, Demo, Postgres, Server, ServerOptions};
use serde_json::json;
use tokio::task::JoinSet;

use crate::new_key;

const CONFIG: &str = "[limits]\naddress_per_minute = 0\nconsole_per_minute = 0\n";

/// Nodes over a database of their own. The first has made the demo.
struct Nodes {
    url: String,
    servers: Vec<Server>,
    demo: Demo,
}

impl Nodes {
    fn start(count: usize) -> Self {
        let url = Postgres::shared().create_database();
        let servers: Vec<Server> = (0..count).map(|_| start(&url)).collect();
        let demo = servers[0].demo();
        Self { url, servers, demo }
    }

    fn admin(&self) -> Client {
        self.servers[0].client().with_key(&self.demo.keys.admin)
    }

    /// Asks every node on two connections, `each` times or until it is refused, and
    /// gives how many were admitted in the window of each `X-RateLimit-Reset`.
    async fn hammer(&self, key: &str, each: u32) -> HashMap<String, u32> {
        let mut callers = JoinSet::new();
        for server in &self.servers {
            for _ in 0..2 {
                callers.spawn(ask_until_refused(server.client().with_key(key), each));
            }
        }
        let mut admitted = HashMap::new();
        for resets in callers.join_all().await {
            for reset in resets {
                *admitted.entry(reset).or_default() += 1;
            }
        }
        admitted
    }
}

fn start(url: &str) -> Server {
    let options = ServerOptions {
        demo: true,
        config: Some(CONFIG.to_owned()),
        arguments: vec!["--database".to_owned(), url.to_owned()],
        ..ServerOptions::default()
    };
    Server::start(env!("CARGO_BIN_EXE_mira"), options)
}

/// The windows in which a request was admitted. A 503 is no answer.
async fn ask_until_refused(client: Client, each: u32) -> Vec<String> {
    let mut connection = client.connect().await;
    let mut admitted = Vec::new();
    for _ in 0..each {
        let request = client.request(http::Method::GET, "/api/v1/templates?limit=1");
        let answer = connection.send(request).await;
        match answer.status {
            StatusCode::OK => {
                admitted.push(answer.header("x-ratelimit-reset").unwrap().to_owned());
            }
            StatusCode::TOO_MANY_REQUESTS => break,
            StatusCode::SERVICE_UNAVAILABLE => tokio::time::sleep(Duration::from_millis(50)).await,
            other => panic!("{other}: {}", answer.text()),
        }
    }
    admitted
}

#[tokio::test]
async fn three_nodes_admit_together_what_the_limit_says() {
    let mut nodes = Nodes::start(3);
    let limited = json!({"name": "shared", "rate_limit": {"per_minute": 100, "per_day": 250}});
    let organization = &nodes.demo.organization_id;
    let (_, key) = new_key(&nodes.admin(), organization, limited).await;
    // One of them is killed with units in its hand, and another takes its place.
    let mut admitted = nodes.hammer(&key, 5).await;
    nodes.servers.remove(1).kill();
    nodes.servers.push(start(&nodes.url));
    for (reset, count) in nodes.hammer(&key, 1_000).await {
        *admitted.entry(reset).or_default() += count;
    }
    for (reset, count) in &admitted {
        assert!(*count <= 100, "{count} in the minute that ends at {reset}");
    }
    let all: u32 = admitted.values().sum();
    assert!((50..=250).contains(&all), "{admitted:?}");
}

#[tokio::test]
async fn balance_that_one_node_charges_is_known_to_the_others() {
    let nodes = Nodes::start(2);
    let app = &nodes.demo.app_id;
    let key = &nodes.demo.keys.inference;
    let superadmin = nodes.servers[0].client();
    let signed_in = superadmin.sign_in(nodes.demo.user("superadmin")).await;
    signed_in.expect(StatusCode::CREATED);
    let ask = |at: usize| {
        let client = nodes.servers[at].client().with_key(key);
        let body = json!({"model": "practice/alpha", "messages": [
            {"role": "user", "content": "Say something of some length, please."}]});
        async move { client.post("/inference/v1/chat/completions", &body).await }
    };
    let models = nodes.servers[0].client().with_key(key);
    let models = models.get("/inference/v1/models").await.json();
    assert!(models["data"][0]["id"].is_string(), "{models}");
    ask(1).await.expect(StatusCode::OK);

    // All but one micro-dollar is taken away at one node; what the other spends then
    // is charged once, and refuses at both.
    let path = format!("/v1/apps/{app}");
    let balance = superadmin.get(&path).await.json()["balance"]
        .as_f64()
        .unwrap();
    let rest = json!({"amount": -(balance - 0.000_001), "reason": "to the last one"});
    let adjust = superadmin.post(&format!("{path}/adjustments"), &rest).await;
    adjust.expect(StatusCode::CREATED);
    ask(1).await.expect(StatusCode::OK);
    tokio::time::sleep(Duration::from_secs(1)).await;
    for at in 0..2 {
        let refused = ask(at).await;
        assert_eq!(refused.code(), Some("insufficient_balance"), "at {at}");
    }
    let list = superadmin.get(&format!("{path}/transactions")).await.json();
    let usage = list["items"].as_array().unwrap().iter();
    let usage = usage.filter(|one| one["type"] == "usage").count();
    assert_eq!(usage, 2, "{list}");
}
