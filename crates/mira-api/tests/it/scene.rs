//! An installation with two tenants, and people to ask on behalf of.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::{Router, response::Response};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use mira_api::{ApiConfig, router};
use mira_console::{
    Caller, Console, NewInstallation, NewKey, NewMember, NewWebhook, Principal, Webhook,
};
use mira_core::{
    App, DeliveryId, KeyRecord, MicroUsd, Organization, Permission, Permissions, Plan, Role,
    Subscription, SubscriptionStatus, Timestamp, User, WebhookId,
};
use mira_db::Database;
use mira_db::sql::change;
use mira_key::{Entropy, EntropyError, ServiceName};
use mira_node::Node;
use mira_outbound::{AddressRules, HttpClient};
use mira_verifier::{BootClock, Limits, ManualTime, Verifier};
use mira_webhook::Dispatch;
use mira_wire::{ClientAddress, Dialect, RequestId, SessionCookie, finish};
use serde_json::Value;
use tower::ServiceExt as _;

/// 2026-01-01T00:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
pub(crate) const PASSWORD: &str = "correct horse battery";

const BUSINESS: Subscription = Subscription {
    plan: Plan::Business,
    status: SubscriptionStatus::Active,
    current_period_end: None,
};

/// Who asks.
#[derive(Clone)]
pub(crate) enum Who {
    Nobody,
    Person(User),
    Key(Box<KeyRecord>),
}

/// An answer, as it leaves the edge.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The member called `name`, as text.
    pub(crate) fn text_of(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap().to_owned()
    }

    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Expects a refusal that says just this.
    pub(crate) fn expect_refusal(self, status: u16, code: &str, message: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        let json = self.json();
        assert_eq!(
            (&json["code"], &json["message"]),
            (&code.into(), &message.into())
        );
        assert_eq!(self.headers["x-mira-code"], code);
    }
}

/// The installation.
pub(crate) struct Scene {
    pub(crate) console: Arc<Console>,
    pub(crate) time: ManualTime,
    pub(crate) root: Who,
    pub(crate) admin: Who,
    pub(crate) member: Who,
    pub(crate) admin_key: Who,
    /// The admin of the other tenant.
    pub(crate) stranger: Who,
    /// The tenant.
    pub(crate) acme: Organization,
    pub(crate) globex: Organization,
    node: Arc<Node>,
    store: Database,
    router: Router,
    _folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = mira_store::open_with(
            &folder.path().join("store.db"),
            [
                mira_webhook::endpoint_migrations(),
                mira_webhook::queue_migrations(),
            ],
        )
        .unwrap();
        let (clock, time) = BootClock::manual(START);
        let verifier = Arc::new(Verifier::new(Limits::default(), clock));
        let node = Node::start(store.clone(), verifier).await.unwrap();
        let services = vec![ServiceName::VERIFY, ServiceName::CONSOLE];
        let entropy = Arc::new(Seeded(AtomicU64::new(1)));
        let loopback = AddressRules::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let dispatch = Dispatch::new(store.clone(), HttpClient::guarded(loopback));
        let console = Console::new(
            store.clone(),
            Arc::clone(&node),
            entropy,
            services,
            dispatch,
        );
        let console = Arc::new(console.unwrap());
        let config = ApiConfig {
            public_url: None,
            metered: vec![ServiceName::VERIFY],
        };
        let root = console.set_up(installation()).await.unwrap();
        let root = Who::Person(root);
        let acme = organization(&console, &root, "Acme").await;
        let globex = organization(&console, &root, "Globex").await;
        let mut scene = Self {
            router: router(Arc::clone(&console), config),
            admin: Who::Nobody,
            member: Who::Nobody,
            admin_key: Who::Nobody,
            stranger: Who::Nobody,
            console,
            time,
            root,
            acme,
            globex,
            node,
            store,
            _folder: folder,
        };
        scene.admin = Who::Person(scene.person(&scene.acme, Role::Admin).await);
        scene.member = Who::Person(scene.person(&scene.acme, Role::Member).await);
        scene.stranger = Who::Person(scene.person(&scene.globex, Role::Admin).await);
        scene.admin_key = Who::Key(Box::new(scene.key_with([Permission::Admin]).await));
        scene
    }

    pub(crate) async fn person(&self, organization: &Organization, role: Role) -> User {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let new = NewMember {
            email: format!("person{number}@example.com"),
            role,
            name: "Ann".to_owned(),
            password: None,
        };
        let added = self
            .console
            .add_member(&caller(&self.root), organization.id, new, None)
            .await;
        added.unwrap().value.record.user
    }

    /// A new organization key of Acme.
    pub(crate) async fn key(&self) -> KeyRecord {
        self.key_with([Permission::Read]).await
    }

    async fn key_with(&self, permissions: impl IntoIterator<Item = Permission>) -> KeyRecord {
        let new = NewKey {
            name: Some("CI".to_owned()),
            permissions: Some(Permissions::from_iter(permissions)),
            ..NewKey::default()
        };
        let issued = self
            .console
            .issue_organization_key(&caller(&self.admin), self.acme.id, new, None)
            .await;
        issued.unwrap().value.record
    }

    /// A new app of Acme, with a dollar.
    pub(crate) async fn app(&self) -> App {
        let made = self
            .console
            .create_app(&caller(&self.admin), self.acme.id, "Helpdesk", None)
            .await;
        let app = made.unwrap().value.record;
        let dollar = MicroUsd::from_micros(1_000_000);
        let root = caller(&self.root);
        self.console
            .top_up(&root, app.id, dollar, "", None)
            .await
            .unwrap();
        app
    }

    /// A new webhook of Acme, for an address of this machine.
    pub(crate) async fn webhook(&self) -> Webhook {
        let new = NewWebhook {
            url: "http://127.0.0.1:9/hooks".to_owned(),
            description: String::new(),
            events: vec!["report.completed".to_owned()],
        };
        let made = self
            .console
            .create_webhook(&caller(&self.admin), self.acme.id, new)
            .await;
        made.unwrap()
    }

    /// Deletes what [`webhook`](Self::webhook) made, as there may be few.
    pub(crate) async fn forget_webhooks(&self) {
        let admin = caller(&self.admin);
        for webhook in self.console.webhooks(&admin, self.acme.id).await.unwrap() {
            let deleted = self.console.delete_webhook(&admin, webhook.id).await;
            deleted.unwrap();
        }
    }

    /// A delivery to `webhook` that failed.
    pub(crate) async fn delivery(&self, webhook: WebhookId) -> DeliveryId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut id = [0; 16];
        id[8..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let message =
            "INSERT INTO webhook_messages VALUES ($1, $1, 'report.completed', '{}', 0, 1)";
        let delivery = "INSERT INTO webhook_deliveries VALUES
            ($1, $2, $1, 'failed', 10, 0, 0, 1000, 500, 'status')";
        let insert = self.store.write(move |tx| {
            Box::pin(async move {
                change(tx, message, &[(&id).into()]).await?;
                change(tx, delivery, &[(&id).into(), webhook.as_bytes().into()]).await
            })
        });
        insert.await.unwrap();
        DeliveryId::from_bytes(id)
    }

    /// Writes down what was counted and refused.
    pub(crate) async fn flush(&self) {
        self.node.flush().await.unwrap();
        self.node.keep_refusals().await.unwrap();
    }

    pub(crate) async fn get(&self, who: &Who, path: &str) -> Reply {
        self.ask(who, "GET", path, None).await
    }

    pub(crate) async fn post(&self, who: &Who, path: &str, body: Value) -> Reply {
        self.ask(who, "POST", path, Some(body)).await
    }

    pub(crate) async fn patch(&self, who: &Who, path: &str, body: Value) -> Reply {
        self.ask(who, "PATCH", path, Some(body)).await
    }

    pub(crate) async fn ask(
        &self,
        who: &Who,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Reply {
        self.ask_with(who, method, path, body, &[]).await
    }

    pub(crate) async fn ask_with(
        &self,
        who: &Who,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request = Request::new(body);
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        *request.uri_mut() = path.parse().unwrap();
        for (name, value) in headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        self.send(who, request).await
    }

    /// Does what the edge does around the router.
    pub(crate) async fn send(&self, who: &Who, mut request: Request<Body>) -> Reply {
        let id = RequestId::new(START, [7; 10]);
        let extensions = request.extensions_mut();
        extensions.insert(id);
        extensions.insert(ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        extensions.insert(SessionCookie::new(false));
        match who {
            Who::Nobody => {}
            Who::Person(user) => {
                extensions.insert(user.clone());
                extensions.insert(caller(who));
            }
            Who::Key(_) => {
                extensions.insert(caller(who));
            }
        }
        let response: Response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = finish(response, Dialect::Console, id).into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

pub(crate) fn caller(who: &Who) -> Caller {
    let principal = match who {
        Who::Nobody => panic!("nobody calls"),
        Who::Person(user) => Principal::of_user(user),
        Who::Key(key) => Principal::of_admin_key(key.facts.id, key.facts.organization_id),
    };
    Caller {
        principal,
        request_id: Some("00000000-0000-7000-8000-000000000000".to_owned()),
        wait: None,
    }
}

fn installation() -> NewInstallation {
    NewInstallation {
        organization_name: "Operators".to_owned(),
        subscription: BUSINESS,
        email: "root@example.com".to_owned(),
        name: "Root".to_owned(),
        password: PASSWORD.to_owned(),
    }
}

async fn organization(console: &Console, root: &Who, name: &str) -> Organization {
    let root = caller(root);
    let made = console
        .create_organization(&root, name, None)
        .await
        .unwrap();
    let id = made.value.record.id;
    let subscribed = console.set_subscription(&root, id, BUSINESS).await;
    subscribed.unwrap().value
}

/// Bytes that are the same in every run (splitmix64).
struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in bytes.chunks_mut(8) {
            let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let mixed = (mixed ^ (mixed >> 31)).to_le_bytes();
            chunk.copy_from_slice(&mixed[..chunk.len()]);
        }
        Ok(())
    }
}
