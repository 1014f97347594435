//! What is taken away through one node is refused by another, from the first request
//! after the answer on. The table is the registry of what changes something: whatever is
//! listed there and takes something away needs a case here.

use http::{Method, StatusCode};
use mira_console::{Mutator, Reach};
use mira_testkit::{Answer, Client, Demo, DemoUser, Postgres, Server, ServerOptions};
use serde_json::{Value, json};

use crate::{created, new_app_key, new_key};

const CONFIG: &str = "[limits]\naddress_per_minute = 0\norganization_key_per_minute = 0\n\
    app_key_per_minute = 0\napp_key_per_day = 0\nconsole_per_minute = 0\n\
    [[service]]\nname = \"vault\"\nprefix = \"/vault\"\nupstream = \"http://127.0.0.1:9\"\n\
    key = \"organization\"\nenvironments = [\"production\"]\nmethods = { GET = \"read\" }\n";
const PASSWORD: &str = "a long and unusual sentence";

/// A way to take something away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Revoke,
    RevokeGroup,
    Suspend,
    RotateWithoutGrace,
    NarrowPermissions,
    NarrowAddresses,
    ChangeEnvironment,
    DeleteApp,
    SuspendOrganization,
    LapseSubscription,
    DemoteMember,
    RemoveMember,
    ResetPassword,
}

/// The cases of a use case; none for one that takes nothing away.
fn cases(mutator: Mutator) -> &'static [Case] {
    match mutator {
        Mutator::ChangeMember => &[Case::DemoteMember],
        Mutator::DeleteApp => &[Case::DeleteApp],
        Mutator::EditKey => &[
            Case::NarrowPermissions,
            Case::NarrowAddresses,
            Case::ChangeEnvironment,
        ],
        Mutator::EditOrganization => &[Case::SuspendOrganization],
        Mutator::RemoveMember => &[Case::RemoveMember],
        Mutator::ResetPassword => &[Case::ResetPassword],
        Mutator::RevokeKey => &[Case::Revoke],
        Mutator::RevokeKeyGroup => &[Case::RevokeGroup],
        Mutator::RotateKey => &[Case::RotateWithoutGrace],
        Mutator::SetSubscription => &[Case::LapseSubscription],
        Mutator::SuspendKey => &[Case::Suspend],
        _ => &[],
    }
}

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

    /// What the holder hears at the other node.
    async fn hear(&self, holder: &Holder) -> String {
        let answer = match holder {
            Holder::Key { key, method, path } => {
                let client = self.there.client().with_key(key);
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
        let permissions = json!({"name": "doomed", "permissions": ["read", "write"]});
        let (id, key) = new_key(&self.admin, &self.demo.organization_id, permissions).await;
        let (method, path) = match case {
            Case::ChangeEnvironment => ("GET", "/vault/secrets"),
            _ => ("POST", "/api/v1/templates"),
        };
        let of_key = |verb: &str| format!("/v1/keys/{id}{verb}");
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

    async fn take_away(&self, case: Case, doomed: &Doomed) {
        if case == Case::ResetPassword {
            let arguments = ["setup", "--database", &self.url, "--email", &doomed.path];
            let password = [("MIRA_PASSWORD", "another unusual sentence")];
            let mira = env!("CARGO_BIN_EXE_mira");
            let finished = mira_testkit::run(mira, &arguments, &password, "");
            assert_eq!(finished.code, Some(0), "{}", finished.stderr);
            return;
        }
        let (method, body) = (doomed.method.clone(), &doomed.body);
        let request = match body {
            Value::Null => self.admin.request(method, &doomed.path),
            body => self.admin.json_request(method, &doomed.path, body),
        };
        let answer = self.admin.send(request).await;
        assert!(answer.status.is_success(), "{case:?}: {}", answer.text());
        if answer.status != StatusCode::NO_CONTENT {
            let told = answer.json();
            assert_eq!(told["effective"], true, "{case:?}: {told}");
            assert_eq!(told["proof"], "acks", "{case:?}: {told}");
        }
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

#[tokio::test]
async fn what_one_node_took_away_another_refuses_from_the_first_request_on() {
    let pair = Pair::start().await;
    for case in Mutator::ALL.iter().flat_map(|mutator| cases(*mutator)) {
        let doomed = pair.doom(*case).await;
        assert_eq!(pair.hear(&doomed.holder).await, "ok", "{case:?}");
        pair.take_away(*case, &doomed).await;
        assert_eq!(pair.hear(&doomed.holder).await, doomed.code, "{case:?}");
    }
    assert!(pair.here.stderr().is_empty(), "{}", pair.here.stderr());
}
