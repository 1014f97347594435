//! The doors for other servers: they ask, and we answer for a request that we do
//! not see.
//!
//! Each kind of server says in its own words which request it asks about. What it
//! says goes through the same route table and the same decision as a request that
//! came here itself, so that both are answered alike.

use std::net::IpAddr;

use axum::body::Body;
use http::header::{CACHE_CONTROL, HeaderValue};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, Method, Request, Response, Uri, request};
use mira_core::Grant;
use mira_tower::{Guard, set_identity};
use mira_wire::{Dialect, ErrorCode, Refusal, RequestId, quota_headers};

use crate::authorize::authorize_at_once;
use crate::{Authorized, Question, RouteTable, authorize};

/// A way to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// `X-Forwarded-Method` and `X-Forwarded-Uri`, as Traefik and Caddy send them.
    Forward,
    /// `X-Original-Method` and `X-Original-URI`, as nginx is told to send them.
    Nginx,
    /// The request's own method, and its path behind a prefix, as Envoy's
    /// `ext_authz` sends them over HTTP.
    Envoy,
}

/// 200 and who is behind the request, or the refusal, and the shape of the route that was
/// asked about.
pub type DoorAnswer = (Result<Response<Body>, Refusal>, Dialect);

/// What a door was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// The path and the query, as they were given.
    pub target: PathAndQuery,
}

const FORWARD_PATH: &str = "/authz/forward";
const NGINX_PATH: &str = "/authz/nginx";
const ENVOY_PREFIX: &str = "/authz/envoy";
const BODY: HeaderName = HeaderName::from_static("x-mira-body");

impl Door {
    /// The door at `path`, if there is one.
    pub fn at(path: &str) -> Option<Self> {
        match path {
            FORWARD_PATH => Some(Self::Forward),
            NGINX_PATH => Some(Self::Nginx),
            _ => {
                let rest = path.strip_prefix(ENVOY_PREFIX)?;
                (rest.is_empty() || rest.starts_with('/')).then_some(Self::Envoy)
            }
        }
    }

    /// Answers the request with this `head` from a client at `address`. Executes nothing.
    pub async fn answer(
        self,
        routes: &RouteTable,
        guard: &Guard,
        address: IpAddr,
        request_id: RequestId,
        head: &request::Parts,
    ) -> DoorAnswer {
        let headers = &head.headers;
        self.say(match self.asked(&head.method, &head.uri, headers) {
            Ok(asked) => {
                asked
                    .answer(routes, guard, address, request_id, headers)
                    .await
            }
            Err(refusal) => (Err(refusal), Dialect::Network),
        })
    }

    /// The same, if memory alone holds the answer. Nothing is charged if it does not.
    pub fn answer_at_once<B>(
        self,
        routes: &RouteTable,
        guard: &Guard,
        address: IpAddr,
        request_id: RequestId,
        request: &Request<B>,
    ) -> Option<DoorAnswer> {
        let headers = request.headers();
        let answer = match self.asked(request.method(), request.uri(), headers) {
            Ok(asked) => asked.answer_at_once(routes, guard, address, request_id, headers)?,
            Err(refusal) => (Err(refusal), Dialect::Network),
        };
        Some(self.say(answer))
    }

    /// What a request asks about. A method or a path that is missing, or there twice, is
    /// refused: two readers could take two.
    fn asked(self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Asked, Refusal> {
        let (method, target) = match self {
            Self::Forward => ("x-forwarded-method", "x-forwarded-uri"),
            Self::Nginx => ("x-original-method", "x-original-uri"),
            Self::Envoy => return envoy(method, uri),
        };
        let method = single(headers, HeaderName::from_static(method), "method")?;
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| Refusal::invalid("The method asked about is not one"))?;
        let target = single(headers, HeaderName::from_static(target), "path")?;
        let target = parse_target(target.as_bytes())?;
        Ok(Asked { method, target })
    }

    /// How this door says `answer`.
    fn say(self, answer: DoorAnswer) -> DoorAnswer {
        match answer {
            (Err(refusal), dialect) if self == Self::Nginx => {
                (Ok(said_in_fields(&refusal, dialect)), dialect)
            }
            answer => answer,
        }
    }
}

impl Asked {
    /// Decides on it for a client at `address` that sent `headers`. Executes nothing.
    pub async fn answer(
        &self,
        routes: &RouteTable,
        guard: &Guard,
        address: IpAddr,
        request_id: RequestId,
        headers: &HeaderMap,
    ) -> DoorAnswer {
        let question = self.question(address, request_id, headers);
        let authorized = authorize(routes, guard, &question).await;
        self.answer_to(routes, authorized, request_id)
    }

    fn answer_at_once(
        &self,
        routes: &RouteTable,
        guard: &Guard,
        address: IpAddr,
        request_id: RequestId,
        headers: &HeaderMap,
    ) -> Option<DoorAnswer> {
        let question = self.question(address, request_id, headers);
        let authorized = authorize_at_once(routes, guard, &question)?;
        Some(self.answer_to(routes, authorized, request_id))
    }

    fn question<'q>(
        &'q self,
        address: IpAddr,
        request_id: RequestId,
        headers: &'q HeaderMap,
    ) -> Question<'q> {
        Question {
            method: &self.method,
            path: self.target.path(),
            headers,
            address,
            request_id,
        }
    }

    fn answer_to(
        &self,
        routes: &RouteTable,
        authorized: Result<Authorized<'_>, Refusal>,
        request_id: RequestId,
    ) -> DoorAnswer {
        let answer = match authorized {
            Ok(Authorized::Granted(target, grant)) => {
                return (Ok(yes(Some(&grant), request_id)), target.dialect());
            }
            Ok(Authorized::Public(_)) => Ok(yes(None, request_id)),
            Ok(Authorized::Open) => Err(Refusal::error(ErrorCode::NoRoute)),
            Err(refusal) => Err(refusal),
        };
        let dialect = routes.dialect(self.target.path());
        (answer, dialect.unwrap_or(Dialect::Network))
    }
}

/// A refusal whose body stands in a field too: nginx reads the fields of a
/// subrequest and never its body. The texts are ours, so they fit into one.
fn said_in_fields(refusal: &Refusal, dialect: Dialect) -> Response<Body> {
    let body = refusal.body(dialect);
    let field = HeaderValue::from_bytes(&body);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = refusal.status();
    *response.headers_mut() = refusal.headers();
    if let Ok(field) = field {
        response.headers_mut().insert(BODY, field);
    }
    response
}

fn envoy(method: &Method, uri: &Uri) -> Result<Asked, Refusal> {
    let target = uri.path_and_query().map(PathAndQuery::as_str);
    let rest = target.and_then(|target| target.strip_prefix(ENVOY_PREFIX));
    let target = match rest {
        Some(rest) if rest.starts_with('/') => parse_target(rest.as_bytes())?,
        _ => return Err(Refusal::invalid("The path asked about is missing")),
    };
    let method = method.clone();
    Ok(Asked { method, target })
}

fn single<'h>(
    headers: &'h HeaderMap,
    name: HeaderName,
    what: &str,
) -> Result<&'h HeaderValue, Refusal> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => Ok(line),
        (None, _) => Err(Refusal::invalid(format!(
            "The {what} asked about is missing"
        ))),
        (Some(_), Some(_)) => Err(Refusal::invalid(format!(
            "The {what} asked about is there twice"
        ))),
    }
}

/// A request target in origin form, as this server would take it from a request
/// line. A fragment is no part of one, and servers differ on what follows it.
pub fn parse_target(target: &[u8]) -> Result<PathAndQuery, Refusal> {
    let bad = || Refusal::invalid("The path asked about is not one");
    if target.contains(&b'#') || !target.starts_with(b"/") {
        return Err(bad());
    }
    PathAndQuery::try_from(target).map_err(|_| bad())
}

/// As many fields as a yes has, at most.
const YES_FIELDS: usize = 12;

fn yes(grant: Option<&Grant>, request_id: RequestId) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.reserve(YES_FIELDS);
    // A yes that is kept would outlive the key.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(grant) = grant {
        set_identity(headers, grant, request_id);
        if let Some(quota) = grant.quota() {
            quota_headers(headers, quota);
        }
    }
    response
}
