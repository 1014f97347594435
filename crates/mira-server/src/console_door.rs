//! The door of the console: pages and `/v1`.
//!
//! It says who asks, by session or by key, before any handler runs; handlers
//! decide what that person may do. A key is judged by the same decision as
//! everywhere else.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use http::request::Parts;
use http::{HeaderMap, Method};
use mira_console::{Caller, Console, ConsoleError, Principal, Token};
use mira_core::{
    Access, Actor, Audience, Denial, Denied, Grant, Permission, Role, User, Window, WindowWord,
};
use mira_key::ServiceName;
use mira_tower::{Guard, credential};
use mira_verifier::Credential;
use mira_wire::{ClientAddress, ErrorCode, Refusal, SessionCookie};

/// More callers than this in one minute share nothing worth remembering.
const MAX_CALLERS: usize = 65_536;

/// Who may come in, and how often.
pub(crate) struct ConsoleDoor {
    console: std::sync::Arc<Console>,
    guard: Guard,
    per_minute: Option<NonZeroU32>,
    callers: Mutex<HashMap<Actor, WindowWord>>,
}

impl ConsoleDoor {
    pub(crate) fn new(
        console: std::sync::Arc<Console>,
        guard: Guard,
        per_minute: Option<NonZeroU32>,
    ) -> Self {
        Self {
            console,
            guard,
            per_minute,
            callers: Mutex::default(),
        }
    }

    /// Puts the caller, if there is one, into the request's extensions. Refuses
    /// bad credentials, foreign origins and callers over their limit.
    pub(crate) async fn let_in(
        &self,
        request: &mut Parts,
        request_id: &str,
    ) -> Result<(), Refusal> {
        let is_api = is_api(request.uri.path());
        let caller = match credential(&request.headers) {
            Credential::Absent => self.session(request).await?,
            // A page is opened by a session and by nothing else.
            _ if !is_api => self.session(request).await?,
            presented => Some((self.key(&presented, request).await?, None)),
        };
        let Some((principal, user)) = caller else {
            let is_open = !is_api || is_public(&request.method, request.uri.path());
            return if is_open {
                Ok(())
            } else {
                Err(Refusal::error(ErrorCode::Unauthenticated))
            };
        };
        self.charge(principal.actor)?;
        let caller = Caller {
            principal,
            request_id: request_id.to_owned(),
            wait: None,
        };
        request.extensions.insert(caller);
        if let Some(user) = user {
            request.extensions.insert(user);
        }
        Ok(())
    }

    async fn session(&self, request: &Parts) -> Result<Option<(Principal, Option<User>)>, Refusal> {
        refuse_foreign_origin(&request.method, &request.headers, &request.uri)?;
        let cookie = request.extensions.get::<SessionCookie>().copied();
        let Some(token) = cookie.and_then(|cookie| cookie.read(&request.headers)) else {
            return Ok(None);
        };
        match self.console.session(&Token::presented(token)).await {
            Ok(user) => Ok(user.map(|user| (Principal::of_user(&user), Some(user)))),
            Err(ConsoleError::Unavailable) => Err(Refusal::unavailable()),
            Err(error) => {
                tracing::error!(%error, "a session could not be read");
                Err(Refusal::unavailable())
            }
        }
    }

    /// An organization key with `admin`, or, where keys are asked about, a key
    /// of the console service.
    async fn key(&self, presented: &Credential<'_>, request: &Parts) -> Result<Principal, Refusal> {
        let address = request
            .extensions
            .get::<ClientAddress>()
            .map(|address| address.0);
        if asks_about_keys(&request.method, request.uri.path()) {
            let audience = Audience::Service(ServiceName::CONSOLE);
            let access = Access {
                audience,
                address,
                ..Access::ANY
            };
            // An organization key asks too; it must not be charged for not being
            // a console key.
            let only_asks = Access { cost: 0, ..access };
            match self.guard.admit_credential(presented, &only_asks).await {
                Ok(_) => {
                    let grant = self.guard.admit_credential(presented, &access).await?;
                    return Ok(asking_principal(&grant));
                }
                Err(refusal) if refusal.code() == Denial::WrongService.code() => {}
                Err(refusal) => return Err(refusal),
            }
        }
        let access = Access {
            audience: Audience::Organization,
            permission: Some(Permission::Admin),
            address,
            // The console's own limit counts here; the use is noted all the same.
            limits_key: false,
            ..Access::ANY
        };
        let grant = self.guard.admit_credential(presented, &access).await?;
        Ok(Principal::of_admin_key(
            grant.key_id(),
            grant.organization_id(),
        ))
    }

    fn charge(&self, actor: Actor) -> Result<(), Refusal> {
        let Some(limit) = self.per_minute else {
            return Ok(());
        };
        let now = self.console.now();
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= MAX_CALLERS {
            callers.clear();
        }
        let word = callers.entry(actor).or_default();
        match word.charge(Window::Minute, limit, 1, now) {
            Ok((charged, _)) => {
                *word = charged;
                Ok(())
            }
            Err(quota) => {
                let denial = Denial::RateLimitedMinute(quota);
                let denied = Denied {
                    denial,
                    key: None,
                    quota: Some(quota),
                };
                Err(Refusal::denied(&denied, now))
            }
        }
    }
}

fn asking_principal(grant: &Grant) -> Principal {
    Principal {
        actor: Actor::Key(grant.key_id()),
        role: Role::Member,
        organization_id: grant.organization_id(),
    }
}

/// Whether `path` is of the JSON API.
pub(crate) fn is_api(path: &str) -> bool {
    path == "/v1" || path.starts_with("/v1/")
}

/// What of the JSON API is open to everybody. Everything else, also what does
/// not exist, needs a caller first.
fn is_public(method: &Method, path: &str) -> bool {
    match path {
        "/v1/sessions" => *method == Method::POST,
        "/v1/openapi.json" => true,
        _ => false,
    }
}

fn asks_about_keys(method: &Method, path: &str) -> bool {
    *method == Method::POST && path == "/v1/keys/verify"
}

/// Cross-site request forgery: a browser says where a request came from, and a
/// program that is no browser says nothing and passes.
fn refuse_foreign_origin(
    method: &Method,
    headers: &HeaderMap,
    uri: &http::Uri,
) -> Result<(), Refusal> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("null"))
    };
    let fetch_site = text("sec-fetch-site");
    let fetch_site_is_foreign =
        fetch_site.is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let host = uri
        .authority()
        .map(http::uri::Authority::as_str)
        .or_else(|| text("host"));
    let origin_is_foreign = text("origin").is_some_and(|origin| {
        // A page with a strict referrer policy sends `null` to its own origin
        // too; the browser's own word, which no script can set, then decides.
        if origin == "null" && fetch_site.is_some() {
            return false;
        }
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        authority.is_none() || authority != host
    });
    if fetch_site_is_foreign || origin_is_foreign {
        return Err(Refusal::error(ErrorCode::CrossOrigin));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};

    use super::refuse_foreign_origin;

    fn is_refused(method: &Method, fields: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("mira.example:8080"));
        for (name, value) in fields {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        refuse_foreign_origin(method, &headers, &http::Uri::from_static("/v1/keys")).is_err()
    }

    #[test]
    fn browser_requests_from_elsewhere_are_refused() {
        for (fields, refused) in [
            (&[][..], false),
            (&[("origin", "http://mira.example:8080")], false),
            (&[("origin", "https://mira.example:8080")], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "http://mira.example")], true),
            (&[("origin", "http://evil.example")], true),
            (&[("origin", "null")], true),
            (
                &[("sec-fetch-site", "same-origin"), ("origin", "null")],
                false,
            ),
            (
                &[("sec-fetch-site", "cross-site"), ("origin", "null")],
                true,
            ),
            (&[("origin", "")], true),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "same-site")], true),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("origin", "http://evil.example"),
                ],
                true,
            ),
        ] {
            assert_eq!(is_refused(&Method::POST, fields), refused, "{fields:?}");
            assert!(!is_refused(&Method::GET, fields));
        }
    }
}
