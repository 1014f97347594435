//! A real console on a temporary store, and the pages over it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use mira_console::{
    Caller, Console, Day, KeyFilter, KeyOwner, NewInstallation, NewKey, NewMember, PageRequest,
    Principal, Tally,
};
use mira_core::{
    App, Clock as _, KeyRecord, Plan, Role, Standing, Subscription, SubscriptionStatus, User,
};
use mira_dashboard::DashboardConfig;
use mira_db::Database;
use mira_key::{Entropy, EntropyError, ServiceName};
use mira_node::Node;
use mira_outbound::{AddressRules, HttpClient};
use mira_store::usage::Increment;
use mira_verifier::{BootClock, Limits, Verifier};
use mira_webhook::Dispatch;
use mira_wire::{ClientAddress, RequestId, SessionCookie};
use tower::ServiceExt as _;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const SETUP_TOKEN: &str = "5e70";

const BUSINESS: Subscription = Subscription {
    plan: Plan::Business,
    status: SubscriptionStatus::Active,
    current_period_end: None,
};

/// The pages of one installation, asked as the edge would ask them.
pub(crate) struct Site {
    pub(crate) console: Arc<Console>,
    pages: Router,
    db: Database,
    clock: BootClock,
    requests: AtomicU64,
    _folder: tempfile::TempDir,
}

/// An installation with two organizations and their people.
pub(crate) struct World {
    site: Site,
    /// Of the first organization.
    pub(crate) superadmin: User,
    pub(crate) admin: User,
    pub(crate) member: User,
    /// Of the second organization.
    pub(crate) stranger: User,
}

/// A response, read to its end.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        let site = Site::empty().await;
        let (console, system) = (&site.console, Console::system());
        let superadmin = console.set_up(installation()).await.unwrap();
        let first = superadmin.organization_id;
        let second = console.create_organization(&system, "Globex", None).await;
        let second = second.unwrap().value.record.id;
        let subscribed = console.set_subscription(&system, second, BUSINESS).await;
        subscribed.unwrap();
        Self {
            admin: add(console, first, "admin@acme.example", Role::Admin).await,
            member: add(console, first, "member@acme.example", Role::Member).await,
            stranger: add(console, second, "admin@globex.example", Role::Admin).await,
            superadmin,
            site,
        }
    }
}

impl std::ops::Deref for World {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Site {
    /// An installation that nobody has set up.
    pub(crate) async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = mira_store::open_with(
            &folder.path().join("store.db"),
            [
                mira_webhook::endpoint_migrations(),
                mira_webhook::queue_migrations(),
            ],
        )
        .unwrap();
        let clock = BootClock::system();
        let verifier = Arc::new(Verifier::new(Limits::default(), clock.clone()));
        let node = Node::start(db.clone(), verifier).await.unwrap();
        let services = vec![ServiceName::VERIFY, ServiceName::INFERENCE];
        let entropy = Arc::new(Counting::default());
        let loopback = AddressRules::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let dispatch = Dispatch::new(db.clone(), HttpClient::guarded(loopback));
        let console = Console::new(db.clone(), node, entropy, services, dispatch);
        let console = Arc::new(console.unwrap());
        let config = DashboardConfig {
            mira_api: Arc::new(serde_json::json!({"info": {"title": "Mira API"}})),
            setup: Arc::new(|token| token == SETUP_TOKEN),
            public_url: None,
        };
        Self {
            pages: mira_dashboard::router(Arc::clone(&console), config),
            console,
            db,
            clock,
            requests: AtomicU64::new(0),
            _folder: folder,
        }
    }

    /// The request of a console call made outside of the pages.
    pub(crate) fn caller(&self, user: &User) -> Caller {
        Caller {
            principal: Principal::of_user(user),
            request_id: Some(self.request_id().to_string()),
            wait: None,
        }
    }

    /// A key of the user's organization and its plaintext.
    pub(crate) async fn key(&self, user: &User, name: &str) -> (KeyRecord, String) {
        let new = NewKey {
            name: Some(name.to_owned()),
            ..NewKey::default()
        };
        let (caller, id) = (self.caller(user), user.organization_id);
        let settled = self
            .console
            .issue_organization_key(&caller, id, new, None)
            .await
            .unwrap();
        let key = settled.value.key.unwrap().expose().to_owned();
        (settled.value.record, key)
    }

    pub(crate) async fn app(&self, user: &User, name: &str) -> App {
        let (caller, id) = (self.caller(user), user.organization_id);
        let settled = self.console.create_app(&caller, id, name, None).await;
        settled.unwrap().value.record
    }

    /// Writes down that a key was used, as the node does.
    pub(crate) async fn count_use(&self, key: &KeyRecord, days_ago: i64, tally: Tally) {
        let today = Day::of(self.clock.now()).number();
        let increment = Increment {
            key_id: key.facts.id,
            day: Day::from_number(today - days_ago),
            tally,
        };
        self.db
            .write(move |tx| {
                Box::pin(async move { mira_store::usage::add(tx, &[increment]).await })
            })
            .await
            .unwrap();
    }

    /// All keys of the user's organization, newest first.
    pub(crate) async fn keys(&self, user: &User) -> Vec<KeyRecord> {
        let owner = KeyOwner::Organization(user.organization_id);
        let (filter, page) = (KeyFilter::default(), PageRequest::default());
        let keys = self
            .console
            .keys(&self.caller(user), owner, filter, page)
            .await;
        keys.unwrap().items
    }

    /// Where a key is in its life now.
    pub(crate) async fn standing(&self, key: &KeyRecord) -> Standing {
        let key = self.console.key(&Console::system(), key.facts.id).await;
        key.unwrap().standing(self.console.now())
    }

    pub(crate) async fn get(&self, user: Option<&User>, path: &str) -> Page {
        let request = Request::get(path).body(Body::empty()).unwrap();
        self.send(user, request).await
    }

    pub(crate) async fn post(
        &self,
        user: Option<&User>,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Page {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .unwrap();
        self.send(user, request).await
    }

    /// The pages themselves, for a request of one's own making.
    pub(crate) async fn send(&self, user: Option<&User>, mut request: Request<Body>) -> Page {
        let host = "mira.example:8080".parse().unwrap();
        request.headers_mut().insert(HOST, host);
        let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let extensions = request.extensions_mut();
        extensions.insert(self.request_id());
        extensions.insert(ClientAddress(address));
        extensions.insert(SessionCookie::new(false));
        if let Some(user) = user {
            extensions.insert(self.caller(user));
            extensions.insert(user.clone());
        }
        let response = self.pages.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Page {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    fn request_id(&self) -> RequestId {
        let count = self.requests.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut random = [0; 10];
        random[2..].copy_from_slice(&count);
        RequestId::new(self.clock.now(), random)
    }
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The id that marks the form on the page.
    pub(crate) fn mark(&self) -> String {
        self.value("form").to_owned()
    }

    /// The value of the first control called `name`.
    pub(crate) fn value(&self, name: &str) -> &str {
        let rest = self.body.split(&format!("name=\"{name}\"")).nth(1).unwrap();
        rest.split("value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
    }
}

/// Percent-encodes more than is necessary, which is allowed.
fn encode(text: &str) -> String {
    percent_encoding::percent_encode(text.as_bytes(), percent_encoding::NON_ALPHANUMERIC)
        .to_string()
}

fn installation() -> NewInstallation {
    NewInstallation {
        organization_name: "Acme".to_owned(),
        subscription: BUSINESS,
        email: "root@acme.example".to_owned(),
        name: "Ada Root".to_owned(),
        password: PASSWORD.to_owned(),
    }
}

async fn add(
    console: &Console,
    organization_id: mira_core::OrganizationId,
    email: &str,
    role: Role,
) -> User {
    let new = NewMember {
        email: email.to_owned(),
        role,
        name: String::new(),
        password: None,
    };
    let added = console
        .add_member(&Console::system(), organization_id, new, None)
        .await;
    added.unwrap().value.record.user
}

/// Bytes that differ at each call, which is all that a test asks of chance.
#[derive(Default)]
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for byte in bytes {
            let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            let mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            *byte = (mixed ^ (mixed >> 29))
                .wrapping_mul(0xbf58_476d_1ce4_e5b9)
                .to_be_bytes()[1];
        }
        Ok(())
    }
}
