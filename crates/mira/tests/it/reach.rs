//! What is taken away through one node is refused by another, from the first request
//! after the answer on. The table is the registry of what changes something: whatever is
//! listed there and takes something away needs a case here, and so does every member of a
//! key that can be edited.

mod case;

use std::time::{Duration, SystemTime};

use http::{HeaderValue, Method, StatusCode};
use mira_console::{Mutator, Reach};
use mira_core::Timestamp;
use mira_testkit::{Answer, Client, Demo, DemoUser, Postgres, Server, ServerOptions};
use mira_wire::Instant;
use serde_json::{Value, json};

use crate::{created, new_app_key, new_key};
use case::{Case, Repeat, case_of_member, cases};

const CONFIG: &str = "[limits]\naddress_per_minute = 0\norganization_key_per_minute = 0\n\
    app_key_per_minute = 0\napp_key_per_day = 0\nconsole_per_minute = 0\n\
    [[service]]\nname = \"vault\"\nprefix = \"/vault\"\nupstream = \"http://127.0.0.1:9\"\n\
    key = \"organization\"\nenvironments = [\"production\"]\nmethods = { GET = \"read\" }\n";
const MIRA: &str = env!("CARGO_BIN_EXE_mira");
const PASSWORD: &str = "a long and unusual sentence";

/// Two nodes over one database.
struct Pair {
    url: String,
    here: Server,
    there: Server,
    demo: Demo,
    /// The superadmin, at the node that takes away.
    admin: Client,
}

/// Something that works, and the call that ends it.
struct Doomed {
    holder: Holder,
    method: Method,
    path: String,
    body: Value,
    /// What the holder hears afterwards.
    code: &'static str,
}

/// Who uses what is taken away, at the other node.
enum Holder {
    /// A key, asked for through the door for nginx.
    Key {
        key: String,
        method: &'static str,
        path: &'static str,
    },
    /// A person who is signed in, and issues a key.
    Person { client: Client, keys: String },
}

impl Pair {
    async fn start() -> Self {
        let url = Postgres::shared().create_database();
        let here = start(&url);
        let demo = here.demo();
        let there = start(&url);
        let admin = here.client();
        let signed_in = admin.sign_in(demo.user("superadmin")).await;
        signed_in.expect(StatusCode::CREATED);
        Self {
            url,
            here,
            there,
            demo,
            admin,
        }
    }

    /// What the holder hears at `node`; a person asks the other node alone.
    async fn hear(&self, node: &Server, holder: &Holder) -> String {
        let answer = match holder {
            Holder::Key { key, method, path } => {
                let client = node.client().with_key(key);
                let client = client.with_header("x-original-method", method);
                let client = client.with_header("x-original-uri", path);
                client.get("/authz/nginx").await
            }
            Holder::Person { client, keys } => {
                client.post(keys, &json!({"name": "one more"})).await
            }
        };
        answer.code().unwrap_or("ok").to_owned()
    }

    async fn doom(&self, case: Case) -> Doomed {
        match case {
            Case::DeleteApp | Case::RevokeGroup => self.doom_app(case).await,
            Case::SuspendOrganization | Case::LapseSubscription => {
                self.doom_organization(case).await
            }
            Case::DemoteMember | Case::RemoveMember | Case::ResetPassword => {
                self.doom_member(case).await
            }
            _ => self.doom_key(case).await,
        }
    }

    async fn doom_key(&self, case: Case) -> Doomed {
        let body = json!({"name": "doomed", "permissions": ["read", "write"],
            "rate_limit": {"per_day": 1000}});
        let (id, key) = new_key(&self.admin, &self.demo.organization_id, body).await;
        let (method, path) = match case {
            Case::ChangeEnvironment => ("GET", "/vault/secrets"),
            _ => ("POST", "/api/v1/templates"),
        };
        let of_key = |verb: &str| format!("/v1/keys/{id}{verb}");
        if case == Case::BringRetirementForward {
            let rotated = self.admin.post(&of_key("/rotate"), &json!({})).await;
            rotated.expect(StatusCode::CREATED);
        }
        let (call, to, body, code) = match case {
            Case::Revoke => (Method::POST, "/revoke", json!({}), "revoked_key"),
            Case::Suspend => (Method::POST, "/suspend", json!({}), "suspended_key"),
            Case::RotateWithoutGrace => {
                let body = json!({"grace_period_secs": 0});
                (Method::POST, "/rotate", body, "revoked_key")
            }
            Case::NarrowPermissions => {
                let body = json!({"permissions": ["read"]});
                (Method::PATCH, "", body, "missing_permission")
            }
            Case::NarrowAddresses => {
                let body = json!({"ip_allowlist": ["192.0.2.1"]});
                (Method::PATCH, "", body, "address_not_allowed")
            }
            Case::ChangeEnvironment => {
                let body = json!({"environment": "staging"});
                (Method::PATCH, "", body, "wrong_environment")
            }
            Case::LowerRateLimit => {
                // As many as were used by then.
                let body = json!({"rate_limit": {"per_day": 1}});
                (Method::PATCH, "", body, "rate_limited_day")
            }
            // When, is said when it is taken away.
            Case::BringExpiryForward => (Method::PATCH, "", Value::Null, "expired_key"),
            Case::BringRetirementForward => {
                let body = json!({"retires_at": "2026-01-01T00:00:00Z"});
                (Method::PATCH, "", body, "revoked_key")
            }
            _ => unreachable!("the others are not about one key"),
        };
        Doomed {
            holder: Holder::Key { key, method, path },
            method: call,
            path: of_key(to),
            body,
            code,
        }
    }

    async fn doom_app(&self, case: Case) -> Doomed {
        let path = format!("/v1/organizations/{}/apps", self.demo.organization_id);
        let made = self.admin.post(&path, &json!({"name": "doomed"})).await;
        let app = id_of(made);
        let (_, key) = new_app_key(&self.admin, &app, "inference").await;
        let (method, path, body) = if case == Case::DeleteApp {
            (Method::DELETE, format!("/v1/apps/{app}"), Value::Null)
        } else {
            let body = json!({"environment": "production"});
            (Method::POST, format!("/v1/apps/{app}/keys/revoke"), body)
        };
        let holder = Holder::Key {
            key,
            method: "GET",
            path: "/inference/v1/models",
        };
        Doomed {
            holder,
            method,
            path,
            body,
            code: "revoked_key",
        }
    }

    async fn doom_organization(&self, case: Case) -> Doomed {
        let body = json!({"name": "Doomed"});
        let path = format!(
            "/v1/organizations/{}",
            id_of(self.admin.post("/v1/organizations", &body).await)
        );
        let plan = |status: &str| json!({"plan": "business", "status": status});
        let subscription = format!("{path}/subscription");
        let subscribed = self.admin.put(&subscription, &plan("active")).await;
        subscribed.expect(StatusCode::OK);
        let body = json!({"name": "doomed", "permissions": ["write"]});
        let made = self.admin.post(&format!("{path}/keys"), &body).await;
        let (_, key) = created(&made.expect(StatusCode::CREATED).json());
        let (method, path, body, code) = if case == Case::SuspendOrganization {
            let body = json!({"state": "suspended"});
            (Method::PATCH, path, body, "suspended_key")
        } else {
            let body = plan("past_due");
            (Method::PUT, subscription, body, "subscription_required")
        };
        let holder = Holder::Key {
            key,
            method: "POST",
            path: "/api/v1/templates",
        };
        Doomed {
            holder,
            method,
            path,
            body,
            code,
        }
    }

    async fn doom_member(&self, case: Case) -> Doomed {
        let organization = format!("/v1/organizations/{}", self.demo.organization_id);
        let email = format!("{case:?}@example.com").to_lowercase();
        let body = json!({"email": email, "role": "admin", "password": PASSWORD});
        let members = format!("{organization}/members");
        let id = id_of(self.admin.post(&members, &body).await);
        let client = self.there.client();
        let user = DemoUser {
            email: email.clone(),
            password: PASSWORD.to_owned(),
            role: "admin".to_owned(),
        };
        client.sign_in(&user).await.expect(StatusCode::CREATED);
        let path = format!("{members}/{id}");
        let (method, path, body, code) = match case {
            Case::DemoteMember => (Method::PATCH, path, json!({"role": "member"}), "forbidden"),
            Case::RemoveMember => (Method::DELETE, path, Value::Null, "unauthenticated"),
            // Done by the command line.
            _ => (Method::POST, email, Value::Null, "unauthenticated"),
        };
        Doomed {
            holder: Holder::Person {
                client,
                keys: format!("{organization}/keys"),
            },
            method,
            path,
            body,
            code,
        }
    }

    /// Takes away, and gives what was told of it.
    async fn take_away(&self, case: Case, doomed: &Doomed) -> Value {
        if case == Case::ResetPassword {
            let arguments = ["setup", "--database", &self.url, "--email", &doomed.path];
            let password = [("MIRA_PASSWORD", "another unusual sentence")];
            let finished = mira_testkit::run(MIRA, &arguments, &password, "");
            assert_eq!(finished.code, Some(0), "{}", finished.stderr);
            return Value::Null;
        }
        let answer = if case == Case::BringExpiryForward {
            self.expire_soon(doomed).await
        } else {
            self.call(doomed, &doomed.body).await
        };
        assert!(answer.status.is_success(), "{case:?}: {}", answer.text());
        let mut told = answer.json();
        assert_eq!(told["effective"], true, "{case:?}: {told}");
        assert_eq!(told["proof"], "acks", "{case:?}: {told}");
        told.as_object_mut().unwrap().remove("waited_ms");
        told
    }

    /// Brings a key's expiry forward, as near as this machine can, and waits for it.
    async fn expire_soon(&self, doomed: &Doomed) -> Answer {
        let mut ahead = Duration::from_millis(200);
        loop {
            let expires_at = now() + ahead;
            let body = json!({"expires_at": Instant(expires_at)});
            let answer = self.call(doomed, &body).await;
            // It was past when it arrived.
            if answer.status == StatusCode::BAD_REQUEST && ahead < Duration::from_mins(1) {
                ahead *= 4;
                continue;
            }
            tokio::time::sleep(expires_at - now()).await;
            return answer;
        }
    }

    async fn call(&self, doomed: &Doomed, body: &Value) -> Answer {
        let method = doomed.method.clone();
        let mut request = match body {
            Value::Null => self.admin.request(method, &doomed.path),
            body => self.admin.json_request(method, &doomed.path, body),
        };
        // Only where something is made; the others repeat without it.
        if doomed.path.ends_with("/rotate") {
            let once = HeaderValue::from_static("doomed");
            request.headers_mut().insert("idempotency-key", once);
        }
        self.admin.send(request).await
    }

    /// Sends the call again, as somebody does whose answer was lost.
    async fn repeat(&self, case: Case, doomed: &Doomed, told: &Value) {
        match case.repeat() {
            Repeat::SameBut(members) => {
                let without = |told: &Value| {
                    let mut told = told.clone();
                    for member in members {
                        told.as_object_mut().unwrap().remove(*member);
                    }
                    told
                };
                let again = self.take_away(case, doomed).await;
                assert_eq!(without(&again), without(told), "{case:?}");
            }
            Repeat::Conflict => {
                let body = json!({"name": "doomed"});
                let again = self.call(doomed, &body).await;
                assert_eq!(again.code(), Some("conflict"), "{case:?}");
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the servers of this test go by the same clock"
)]
fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp::from_millis(0) + since_epoch.unwrap()
}

fn start(url: &str) -> Server {
    let options = ServerOptions {
        demo: true,
        config: Some(CONFIG.to_owned()),
        arguments: vec!["--database".to_owned(), url.to_owned()],
        ..ServerOptions::default()
    };
    Server::start(MIRA, options)
}

fn id_of(made: Answer) -> String {
    let made = made.expect(StatusCode::CREATED).json();
    made["id"].as_str().unwrap().to_owned()
}

#[test]
fn every_change_that_takes_something_away_has_a_case() {
    for mutator in Mutator::ALL {
        let takes = mutator.reach() == Reach::Everywhere;
        assert_eq!(!cases(*mutator).is_empty(), takes, "{mutator:?}");
    }
}

#[test]
fn every_member_of_a_key_that_can_be_edited_has_a_case() {
    let printed = mira_testkit::run(MIRA, &["openapi"], &[], "");
    let document: Value = serde_json::from_str(&printed.stdout).unwrap();
    let members = &document["components"]["schemas"]["KeyChange"]["properties"];
    let edits: Vec<Case> = members
        .as_object()
        .unwrap()
        .keys()
        .filter_map(|member| case_of_member(member))
        .collect();
    for edit in cases(Mutator::EditKey) {
        assert!(edits.contains(edit), "{edit:?}");
    }
    assert_eq!(edits.len(), cases(Mutator::EditKey).len());
}

#[tokio::test]
async fn what_one_node_took_away_another_refuses_from_the_first_request_on() {
    let pair = Pair::start().await;
    for case in Mutator::ALL.iter().flat_map(|mutator| cases(*mutator)) {
        let doomed = pair.doom(*case).await;
        assert_eq!(
            pair.hear(&pair.there, &doomed.holder).await,
            "ok",
            "{case:?}"
        );
        let told = pair.take_away(*case, &doomed).await;
        for node in [&pair.there, &pair.here] {
            let heard = pair.hear(node, &doomed.holder).await;
            assert_eq!(heard, doomed.code, "{case:?}");
        }
        pair.repeat(*case, &doomed, &told).await;
    }
    assert!(pair.here.stderr().is_empty(), "{}", pair.here.stderr());
}
