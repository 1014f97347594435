//! Charges: exactly once, however a request ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use mira_testkit::{
    Client, End, Events, ModelServer, Postgres, Reply, Server, ServerOptions, Way, claim,
};
use serde_json::{Value, json};

use crate::{new_app_key, signed_in};

const LIMITS: &str = "[limits]\napp_key_per_minute = 0\napp_key_per_day = 0\n\
                      console_per_minute = 0\n";
const CHUNK: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"12345678\"}}]}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// Answers everything, streams too, after a moment.
async fn model() -> ModelServer {
    ModelServer::new(|question| {
        let answer = match claim(question) {
            _ if question["stream"] == true => {
                return Reply::Events(vec![CHUNK, USAGE, DONE], End::Close);
            }
            Some(_) => Reply::text("A"),
            None => Reply::text(r#"{"claims":["one","two"]}"#),
        };
        Reply::Later(Duration::from_millis(5), Box::new(answer))
    })
    .await
}

fn start(model: &ModelServer, data: Option<&std::path::Path>) -> Server {
    let options = ServerOptions {
        demo: true,
        config: Some(format!(
            "{LIMITS}{}{}",
            model.table("x/a"),
            model.table("x/b")
        )),
        data: data.map(ToOwned::to_owned),
        ..ServerOptions::default()
    };
    Server::start(env!("CARGO_BIN_EXE_mira"), options)
}

/// The app's transactions, first one first.
async fn ledger(admin: &Client, app: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut path = format!("/v1/apps/{app}/transactions?limit=100");
    loop {
        let page = admin.get(&path).await.expect(StatusCode::OK).json();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/apps/{app}/transactions?limit=100&cursor={next}");
    }
    all.reverse();
    all
}

/// The charges by request id, in micro-dollars; each may be there once.
fn charges(ledger: &[Value]) -> BTreeMap<String, i64> {
    let mut charges = BTreeMap::new();
    for one in ledger.iter().filter(|one| one["type"] == "usage") {
        let id = one["request_id"].as_str().unwrap().to_owned();
        let micros = -micros(&one["amount"]);
        assert_eq!(charges.insert(id, micros), None, "charged twice: {one}");
    }
    charges
}

fn micros(dollars: &Value) -> i64 {
    let micros = format!("{:.0}", dollars.as_f64().unwrap() * 1e6);
    micros.parse().unwrap()
}

/// Waits until the app has `count` charges, and then sees that it has no more.
async fn charged(admin: &Client, app: &str, count: usize) -> BTreeMap<String, i64> {
    for _ in 0..500 {
        if charges(&ledger(admin, app).await).len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let charges = charges(&ledger(admin, app).await);
    assert_eq!(charges.len(), count);
    charges
}

#[tokio::test]
async fn hanging_up_and_revocation_are_charged_for_what_was_used() {
    let model = ModelServer::new(|question| {
        if question["stream"] == true {
            Reply::Events(vec![CHUNK], End::Hang)
        } else {
            Reply::Hang
        }
    })
    .await;
    let server = start(&model, None);
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let chat = json!({"model": "x/a", "messages": [], "stream": true});
    let mut wanted = Vec::new();

    let client = server.client().with_key(&facts.keys.inference);
    let mut events = client
        .post_for_events("/inference/v1/chat/completions", &chat)
        .await;
    wanted.push(
        events.headers()["x-mira-request-id"]
            .to_str()
            .unwrap()
            .to_owned(),
    );
    events.next().await.unwrap();
    drop(events);

    for (service, path, body) in [
        ("inference", "/inference/v1/chat/completions", chat),
        ("verify", "/verify/v1/stream", json!({"fact": "one"})),
    ] {
        let (id, key) = new_app_key(&admin, &facts.app_id, service).await;
        let client = server.client().with_key(&key);
        let mut events = client.post_for_events(path, &body).await;
        wanted.push(
            events.headers()["x-mira-request-id"]
                .to_str()
                .unwrap()
                .to_owned(),
        );
        events.next().await.unwrap();
        if service == "verify" {
            events.next().await.unwrap();
            // The model must have been asked for anything to be used.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let path = format!("/v1/keys/{id}/revoke");
        admin.post(&path, &json!({})).await.expect(StatusCode::OK);
        let last = events.next().await.unwrap();
        assert_eq!(last.json(), json!({"message": "API key has been revoked"}));
    }
    let charges = charged(&admin, &facts.app_id, 3).await;
    for id in wanted {
        assert!(charges[&id] > 0, "{id}");
    }
    let ledger = ledger(&admin, &facts.app_id).await;
    let said = ledger[1]["description"].as_str().unwrap();
    assert!(said.starts_with("Chat completion by x/a: ") && said.ends_with(" (estimated)"));
}

/// What clients saw the end of: request id and micro-dollars.
type Seen = Arc<Mutex<BTreeMap<String, i64>>>;

async fn verify(client: &Client, seen: &Seen) {
    let body = json!({"fact": "one and two"});
    let mut events = client.post_for_events("/verify/v1/stream", &body).await;
    while let Some(event) = events.next().await {
        if event.name == "completed" {
            let completed = event.json();
            let usage = &completed["tokenUsage"];
            let tokens = |name: &str| usage[name].as_i64().unwrap();
            let cost = tokens("promptTokens") + 2 * tokens("completionTokens");
            let id = completed["requestId"].as_str().unwrap().to_owned();
            seen.lock().unwrap().insert(id, cost);
        }
    }
}

async fn chat(client: &Client, seen: &Seen) {
    let body = json!({"model": "x/b", "messages": [], "stream": true});
    let path = "/inference/v1/chat/completions";
    let mut events = client.post_for_events(path, &body).await;
    let id = events.headers()["x-mira-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    while let Some(event) = events.next().await {
        if event.data == "[DONE]" {
            seen.lock().unwrap().insert(id.clone(), 10 + 2 * 5);
        }
    }
}

#[tokio::test]
async fn kill_at_any_moment_charges_nobody_twice_and_forgets_no_charge_that_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    let model = model().await;
    let seen = Seen::default();
    for round in 0..5_u64 {
        let server = start(&model, Some(folder.path()));
        let keys = server.demo().keys;
        let clients: Vec<_> = (0..6)
            .map(|number| {
                let (seen, is_verify) = (Arc::clone(&seen), number % 2 == 0);
                let key = if is_verify {
                    &keys.verify
                } else {
                    &keys.inference
                };
                let client = server.client().with_key(key);
                // It ends by a panic when the server is gone.
                tokio::spawn(async move {
                    loop {
                        if is_verify {
                            verify(&client, &seen).await;
                        } else {
                            chat(&client, &seen).await;
                        }
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300 + 53 * round)).await;
        server.kill();
        for client in clients {
            client.abort();
        }
    }
    let server = start(&model, Some(folder.path()));
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let ledger = ledger(&admin, &facts.app_id).await;
    let charges = charges(&ledger);
    let seen = seen.lock().unwrap().clone();
    assert!(
        seen.len() > 20,
        "hardly anything was charged: {}",
        seen.len()
    );
    for (id, cost) in &seen {
        assert_eq!(charges.get(id), Some(cost), "{id}");
    }
    let mut balance = 0;
    for one in &ledger {
        balance += micros(&one["amount"]);
        assert_eq!(micros(&one["balance"]), balance, "the balance runs");
    }
    let app = admin
        .get(&format!("/v1/apps/{}", facts.app_id))
        .await
        .json();
    assert_eq!(micros(&app["balance"]), balance);
}

/// A server over PostgreSQL by a way that can be cut.
fn start_over(model: &ModelServer, way: &Way, database: &str) -> Server {
    let port = Postgres::shared().port();
    let url = database.replace(&format!(":{port}/"), &format!(":{}/", way.port()));
    let table = model.table("x/a");
    let options = ServerOptions {
        demo: true,
        config: Some(format!("[store]\nlease_ms = 1000\n{LIMITS}{table}")),
        arguments: vec!["--database".to_owned(), url],
        ..ServerOptions::default()
    };
    Server::start(env!("CARGO_BIN_EXE_mira"), options)
}

/// A stream under way, with the id of its request.
async fn begin(client: &Client) -> (Events, String) {
    let body = json!({"model": "x/a", "messages": [], "stream": true});
    let path = "/inference/v1/chat/completions";
    let mut events = client.post_for_events(path, &body).await;
    let id = events.headers()["x-mira-request-id"].to_str().unwrap();
    let id = id.to_owned();
    events.next().await.unwrap();
    (events, id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn charge_outlasts_a_store_that_is_away_and_nobody_hears_of_it_before() {
    const LAST: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\
                        \"completion_tokens\":5}}\n\ndata: [DONE]\n\n";
    let model =
        ModelServer::new(|_| Reply::Paced(CHUNK, Duration::from_millis(300), 2, LAST)).await;
    let way = Way::start(Postgres::shared().port()).await;
    let database = Postgres::shared().create_database();
    let server = start_over(&model, &way, &database);
    let demo = server.demo();
    let keys = &demo.keys;
    let client = server.client().with_key(&keys.inference);

    // The store is away when the answer ends, and comes back.
    let (events, outlasted) = begin(&client).await;
    way.cut();
    let rest = events.all().await;
    assert_eq!(rest.last().unwrap().name, "error", "{rest:?}");
    assert!(rest.iter().all(|event| event.data != "[DONE]"), "{rest:?}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    way.mend();
    let admin = loop {
        let admin = server.client();
        let signed_in = admin.sign_in(demo.user("admin")).await;
        if signed_in.status == StatusCode::CREATED {
            break admin;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let paid = charged(&admin, &demo.app_id, 1).await;
    assert!(paid[&outlasted] > 0);

    // The process is killed while the store is away: who was told nothing may owe
    // nothing, and nothing else is touched.
    let (events, forgotten) = begin(&client).await;
    way.cut();
    let rest = events.all().await;
    assert_eq!(rest.last().unwrap().name, "error", "{rest:?}");
    server.kill();
    way.mend();
    let server = start_over(&model, &way, &database);
    let admin = server.client();
    admin
        .sign_in(demo.user("admin"))
        .await
        .expect(StatusCode::CREATED);
    let ledger = ledger(&admin, &demo.app_id).await;
    let mut after = charges(&ledger);
    after.remove(&forgotten);
    assert_eq!(after, paid);
}
