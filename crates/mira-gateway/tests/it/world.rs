//! A gateway as a server wires it, over real sockets, with keys of every kind.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{Method, Request};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use mira_core::{
    Actor, Allowlist, AppId, Audience, Change, Environment, Environments, KeyFacts, KeyId, KeyKind,
    KeyState, MicroUsd, OrganizationFacts, OrganizationId, Permission, Permissions, RateLimit,
    Suspendable, Timestamp,
};
use mira_gateway::{
    Arrival, Authorized, Door, HeaderRules, Mount, Proxy, Question, RouteTable, Service, Target,
    Timeouts, Upstream, UpstreamOptions, authorize,
};
use mira_key::{KeyDigest, ServiceName};
use mira_tower::{Guard, client_address};
use mira_verifier::{
    BootClock, BoxFuture, Coverage, Deadline, Limits, Refill, RefillError, Refiller, Verifier,
};
use mira_wire::{Dialect, Operation, Refusal, RequestId, finish, say_request_id};
use tokio::net::TcpListener;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What a test says of its gateway.
pub(crate) struct Setup {
    pub(crate) upstream: Arc<Upstream>,
    /// Whether this machine is a trusted proxy.
    pub(crate) trusts_peer: bool,
    pub(crate) is_secure: bool,
    pub(crate) headers: HeaderRules,
}

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) verifier: Arc<Verifier>,
}

struct Server {
    routes: RouteTable,
    guard: Guard,
    proxy: Proxy,
    trusts_peer: bool,
    is_secure: bool,
    requests: AtomicU8,
}

struct Nothing;

impl Refiller for Nothing {
    fn refill(&self, _: Refill) -> BoxFuture<'_, Result<(), RefillError>> {
        Box::pin(async { Err(RefillError::Unreachable) })
    }
}

/// A gateway in front of `address` that trusts nobody and waits as by default.
pub(crate) async fn gateway(address: SocketAddr) -> Gateway {
    gateway_with(address, Timeouts::default()).await
}

/// A gateway in front of `upstream` that trusts nobody.
pub(crate) async fn gateway_to(upstream: Arc<Upstream>) -> Gateway {
    let setup = Setup {
        upstream,
        trusts_peer: false,
        is_secure: false,
        headers: HeaderRules::default(),
    };
    start(setup).await
}

pub(crate) async fn gateway_with(address: SocketAddr, timeouts: Timeouts) -> Gateway {
    gateway_to(upstream_at(address, timeouts)).await
}

pub(crate) fn upstream_at(address: SocketAddr, timeouts: Timeouts) -> Arc<Upstream> {
    let options = UpstreamOptions {
        timeouts,
        ..UpstreamOptions::default()
    };
    upstream_with(&format!("http://{address}"), options)
}

pub(crate) fn upstream_with(origin: &str, options: UpstreamOptions) -> Arc<Upstream> {
    Arc::new(Upstream::new(&origin.parse().unwrap(), options).unwrap())
}

pub(crate) async fn start(setup: Setup) -> Gateway {
    let verifier = verifier();
    let guard = Guard::new(Arc::clone(&verifier), Arc::new(Nothing));
    let server = Arc::new(Server {
        routes: routes(&setup.upstream, &setup.headers),
        proxy: Proxy::new(guard.clone()),
        guard,
        trusts_peer: setup.trusts_peer,
        is_secure: setup.is_secure,
        requests: AtomicU8::new(0),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(accept(listener, server));
    Gateway { address, verifier }
}

async fn accept(listener: TcpListener, server: Arc<Server>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            let service = service_fn(|request: Request<Incoming>| {
                let server = Arc::clone(&server);
                async move { Ok::<_, std::convert::Infallible>(server.answer(request).await) }
            });
            let builder = auto::Builder::new(TokioExecutor::new());
            let io = TokioIo::new(stream);
            builder
                .serve_connection_with_upgrades(io, service)
                .await
                .ok();
        });
    }
}

impl Server {
    async fn answer(&self, request: Request<Incoming>) -> Response {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let id = RequestId::new(NOW, [number; 10]);
        let request = request.map(Body::new);
        let is_trusted = |address| self.trusts_peer && address == LOOPBACK;
        let address = client_address(LOOPBACK, request.headers(), is_trusted);
        let (answer, dialect) = if let Some(door) = Door::at(request.uri().path()) {
            let (head, _) = request.into_parts();
            let (routes, guard) = (&self.routes, &self.guard);
            door.answer(routes, guard, address, id, &head).await
        } else {
            let dialect = self.routes.dialect(request.uri().path());
            let answer = self.route(request, address, id).await;
            (answer, dialect.unwrap_or(Dialect::Console))
        };
        match answer {
            Ok(response) => say_request_id(response, id),
            Err(refusal) => finish(refusal.into_response(), dialect, id),
        }
    }

    async fn route(
        &self,
        request: Request<Body>,
        address: IpAddr,
        id: RequestId,
    ) -> Result<Response, Refusal> {
        let question = Question {
            method: request.method(),
            path: request.uri().path(),
            headers: request.headers(),
            address,
            request_id: id,
        };
        let authorized = authorize(&self.routes, &self.guard, &question).await;
        let arrival = Arrival {
            peer: LOOPBACK,
            is_peer_trusted: self.trusts_peer,
            is_secure: self.is_secure,
        };
        match authorized? {
            Authorized::Open => Ok("a page".into_response()),
            Authorized::Public(_) => Ok(Response::new(Body::empty())),
            Authorized::Granted(Target::Product(_), grant) => {
                let response = Response::new(Body::empty());
                Ok(self.guard.bind(&grant, response).map(Body::new))
            }
            Authorized::Granted(Target::Service(service), grant) => {
                let proxy = &self.proxy;
                proxy.forward(service, &grant, arrival, id, request).await
            }
        }
    }
}

fn routes(upstream: &Arc<Upstream>, headers: &HeaderRules) -> RouteTable {
    let service = |name: &str, audience, methods| Service {
        name: name.parse().unwrap(),
        prefix: format!("/{name}"),
        upstream: Arc::clone(upstream),
        audience,
        environments: Environments::ALL,
        methods,
        is_metered: false,
        headers: headers.clone(),
    };
    let app = |name: &str| service(name, Audience::Service(name.parse().unwrap()), None);
    let methods = vec![
        (Method::GET, Permission::Read),
        (Method::POST, Permission::Write),
    ];
    let staging = Service {
        environments: [Environment::Staging].into_iter().collect(),
        ..app("staging")
    };
    let metered = Service {
        is_metered: true,
        ..app("metered")
    };
    let product = Mount {
        prefix: "/api/v1".to_owned(),
        dialect: Dialect::MiraApi,
        audience: Audience::Organization,
        environments: Environments::ALL,
        limits_address: false,
        operations: vec![
            Operation::new("GET", "/meetings").with_permission(Permission::Read),
            Operation::new("DELETE", "/meetings/{id}").with_permission(Permission::Admin),
            Operation::new("GET", "/health").public(),
        ],
    };
    RouteTable::new(vec![product]).with_services(vec![
        app("echo"),
        service("reports", Audience::Organization, Some(methods)),
        staging,
        metered,
    ])
}

/// The keys by their plaintext, for the service, organization and state that it says.
pub(crate) fn key(plaintext: &str) -> Change {
    let app = |service: &str| KeyKind::App {
        app_id: AppId::from_bytes([3; 16]),
        service: ServiceName::parse(service.as_bytes()).unwrap(),
    };
    let organization = |permissions: &[Permission]| KeyKind::Organization {
        permissions: permissions.iter().copied().collect::<Permissions>(),
    };
    let kind = match plaintext {
        "org-read" | "org-lapsed" => organization(&[Permission::Read]),
        "org-write" => organization(&[Permission::Read, Permission::Write]),
        "org-none" => organization(&[]),
        "staging-app" => app("staging"),
        "metered-app" => app("metered"),
        _ => app("echo"),
    };
    let organization_id = OrganizationId::from_bytes(match plaintext {
        "org-lapsed" => [9; 16],
        _ => [2; 16],
    });
    let facts = KeyFacts {
        kind,
        organization_id,
        ..flawed(plaintext)
    };
    let digest = KeyDigest::of(plaintext.as_bytes());
    Change::Key { digest, facts }
}

/// What is wrong with a key of this name, if anything is.
fn flawed(plaintext: &str) -> KeyFacts {
    let mut facts = active();
    match plaintext {
        "revoked" => facts = revoked(),
        "expired" => facts.expires_at = Some(NOW),
        "suspended" => {
            let (since, was) = (NOW, Suspendable::Active);
            facts.state = KeyState::Suspended { since, was };
        }
        "elsewhere" => facts.ip_allowlist = Some(Allowlist::parse(&["203.0.113.7"]).unwrap()),
        "limited" => facts.rate_limit.per_minute = NonZeroU32::new(1),
        _ => {}
    }
    facts
}

/// The key of the echo service, as it is after its revocation.
pub(crate) fn revocation(plaintext: &str) -> Change {
    let Change::Key { digest, facts } = key(plaintext) else {
        unreachable!("a key is a key");
    };
    let state = revoked().state;
    let facts = KeyFacts { state, ..facts };
    Change::Key { digest, facts }
}

fn active() -> KeyFacts {
    KeyFacts {
        id: KeyId::from_bytes([1; 16]),
        organization_id: OrganizationId::from_bytes([2; 16]),
        kind: KeyKind::Organization {
            permissions: Permissions::NONE,
        },
        environment: Environment::Production,
        state: KeyState::Active,
        expires_at: None,
        ip_allowlist: None,
        rate_limit: RateLimit::default(),
    }
}

fn revoked() -> KeyFacts {
    let (at, by) = (NOW, Actor::System);
    let state = KeyState::Revoked { at, by };
    KeyFacts { state, ..active() }
}

fn verifier() -> Arc<Verifier> {
    let (clock, _) = BootClock::manual(NOW);
    let limits = Limits {
        app_key_per_minute: NonZeroU32::new(10_000),
        app_key_per_day: NonZeroU32::new(10_000),
        organization_key_per_minute: NonZeroU32::new(10_000),
        ..Limits::default()
    };
    let verifier = Arc::new(Verifier::new(limits, clock));
    verifier.set_coverage(Coverage::Complete);
    for (id, subscribed_until) in [(2, Timestamp::MAX), (9, Timestamp::MIN)] {
        verifier.apply(&Change::Organization(OrganizationFacts {
            id: OrganizationId::from_bytes([id; 16]),
            is_suspended: false,
            subscribed_until,
        }));
    }
    verifier.apply(&Change::App {
        id: AppId::from_bytes([3; 16]),
        balance: MicroUsd::from_micros(0),
    });
    for plaintext in KEYS {
        verifier.apply(&key(plaintext));
    }
    verifier.extend_lease(Deadline::NEVER_ENDS);
    verifier
}

/// Every plaintext that is a key.
const KEYS: [&str; 13] = [
    "app",
    "org-read",
    "org-write",
    "org-none",
    "org-lapsed",
    "staging-app",
    "metered-app",
    "revoked",
    "expired",
    "suspended",
    "elsewhere",
    "limited",
    "streaming",
];

/// One second, in which what a key opened must end.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(1);
