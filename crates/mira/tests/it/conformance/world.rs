//! A server with a service of each kind and a key of each fate.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use mira_testkit::{Client, Server, Upstream};
use mira_wire::{format_instant, parse_instant};
use serde_json::{Value, json};

use super::answer::CLIENT;
use crate::{created, demo_with, signed_in};

pub(super) struct World {
    pub(super) server: Server,
    pub(super) upstream: Upstream,
    admin: Client,
    keys: BTreeMap<&'static str, String>,
}

impl World {
    pub(super) async fn start() -> Self {
        let upstream = Upstream::start().await;
        let server = demo_with(&config(&upstream));
        let admin = signed_in(&server, "admin").await;
        let mut world = Self {
            server,
            admin,
            upstream,
            keys: BTreeMap::new(),
        };
        world.make_app_keys().await;
        world.make_organization_keys().await;
        world
    }

    /// A request with the keys that its text names in braces, such as `{search}`.
    pub(super) fn fill(&self, text: &str) -> String {
        let keys = self.keys.iter();
        keys.fold(text.to_owned(), |text, (name, key)| {
            text.replace(&format!("{{{name}}}"), key)
        })
    }

    /// A fresh app key: its id and its plaintext.
    pub(super) async fn app_key(&self) -> (String, String) {
        new(&self.admin, &self.app_path(), json!({"service": "search"})).await
    }

    /// One with windows of its own.
    pub(super) async fn limited_app_key(&self, rate_limit: &Value) -> String {
        let body = json!({"service": "search", "rate_limit": rate_limit});
        new(&self.admin, &self.app_path(), body).await.1
    }

    /// The same for an organization key that may read.
    pub(super) async fn limited_organization_key(&self, rate_limit: &Value) -> String {
        let organization = self.server.demo().organization_id;
        let path = format!("/v1/organizations/{organization}/keys");
        let body = json!({"name": "limited", "rate_limit": rate_limit});
        new(&self.admin, &path, body).await.1
    }

    pub(super) async fn revoke(&self, id: &str) {
        let path = format!("/v1/keys/{id}/revoke");
        let revoked = self.admin.post(&path, &json!({})).await;
        revoked.expect(StatusCode::OK);
    }

    /// Breaks the file that the server reads keys from, under its hands.
    pub(super) fn lose_store(&self) {
        for name in ["mira.db", "mira.db-wal"] {
            let path = self.server.data().join(name);
            let length = std::fs::metadata(&path).map_or(0, |file| file.len());
            let file = std::fs::OpenOptions::new().write(true).open(&path);
            let zeros = vec![0; usize::try_from(length).unwrap()];
            std::io::Write::write_all(&mut file.unwrap(), &zeros).unwrap();
        }
    }

    fn app_path(&self) -> String {
        format!("/v1/apps/{}/keys", self.server.demo().app_id)
    }

    async fn make_app_keys(&mut self) {
        let admin = self.admin.clone();
        let path = self.app_path();
        let here = CLIENT.to_string();
        for (name, members) in [
            ("search", json!({"service": "search"})),
            ("paid", json!({"service": "paid"})),
            ("stage", json!({"service": "stage"})),
            (
                "staging",
                json!({"service": "stage", "environment": "staging"}),
            ),
            ("here", json!({"service": "search", "ip_allowlist": [here]})),
            (
                "elsewhere",
                json!({"service": "search", "ip_allowlist": ["127.0.0.1"]}),
            ),
        ] {
            let (_, key) = new(&admin, &path, members).await;
            self.keys.insert(name, key);
        }
        for fate in ["revoked", "suspended"] {
            let (id, key) = new(&admin, &path, json!({"service": "search"})).await;
            let act = fate.trim_end_matches("ed").replace("revok", "revoke");
            let done = admin
                .post(&format!("/v1/keys/{id}/{act}"), &json!({}))
                .await;
            done.expect(StatusCode::OK);
            self.keys.insert(fate, key);
        }
        let poor = admin
            .post(&self.apps_path(), &json!({"name": "Poor"}))
            .await;
        let poor = poor.expect(StatusCode::CREATED).json();
        let poor = format!("/v1/apps/{}/keys", poor["id"].as_str().unwrap());
        let (_, key) = new(&admin, &poor, json!({"service": "paid"})).await;
        self.keys.insert("poor", key);
        self.make_expired_key(&admin, &path).await;
    }

    fn apps_path(&self) -> String {
        let organization = self.server.demo().organization_id;
        format!("/v1/organizations/{organization}/apps")
    }

    /// A key that has just expired, on the server's own clock.
    async fn make_expired_key(&mut self, admin: &Client, path: &str) {
        let record = admin.post(path, &json!({"service": "search"})).await;
        let now = record.expect(StatusCode::CREATED).json();
        let now = parse_instant(now["created_at"].as_str().unwrap()).unwrap();
        let soon = mira_core::Timestamp::from_millis(now.as_millis() + 2_000);
        let members = json!({"service": "search", "expires_at": format_instant(soon)});
        let (_, key) = new(admin, path, members).await;
        self.keys.insert("expired", key);
        tokio::time::sleep(Duration::from_millis(2_100)).await;
    }

    async fn make_organization_keys(&mut self) {
        let facts = self.server.demo();
        self.keys.insert("read", facts.keys.read);
        self.keys.insert("write", facts.keys.write);
        self.keys.insert("verify", facts.keys.verify);
        let superadmin = signed_in(&self.server, "superadmin").await;
        let lapsed = superadmin
            .post("/v1/organizations", &json!({"name": "Lapsed"}))
            .await;
        let lapsed = lapsed.expect(StatusCode::CREATED).json();
        let path = format!("/v1/organizations/{}", lapsed["id"].as_str().unwrap());
        for status in ["active", "past_due"] {
            let body = json!({"plan": "business", "status": status});
            let set = superadmin.put(&format!("{path}/subscription"), &body).await;
            set.expect(StatusCode::OK);
            if status == "active" {
                let keys = format!("{path}/keys");
                let (_, key) = new(&superadmin, &keys, json!({"name": "lapsed"})).await;
                self.keys.insert("lapsed", key);
            }
        }
    }
}

async fn new(admin: &Client, path: &str, members: Value) -> (String, String) {
    let made = admin.post(path, &members).await;
    created(&made.expect(StatusCode::CREATED).json())
}

fn config(upstream: &Upstream) -> String {
    let upstream = upstream.address();
    let service = |name: &str, rest: &str| {
        format!(
            "[[service]]\nname = \"{name}\"\nprefix = \"/{name}\"\n\
             upstream = \"http://{upstream}\"\n{rest}\n"
        )
    };
    let services = [
        service("search", "key = \"app\""),
        service("paid", "key = \"app\"\nmetered = true"),
        service("stage", "key = \"app\"\nenvironments = [\"staging\"]"),
        service(
            "books",
            "key = \"organization\"\nmethods = { GET = \"read\", POST = \"write\" }",
        ),
    ];
    format!(
        "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n\
         [limits]\naddress_per_minute = 0\norganization_key_per_minute = 100000\n\
         app_key_per_minute = 100000\napp_key_per_day = 100000\n{}",
        services.concat()
    )
}
