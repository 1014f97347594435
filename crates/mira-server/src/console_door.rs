//! The door of the console: pages and `/v1`.
//!
//! It says who asks, by session or by key, before any handler runs; handlers
//! decide what that person may do. A key is judged by the same decision as
//! everywhere else.

use std::num::NonZeroU32;

use http::Method;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::uri::Authority;
use mira_console::{Caller, Console, ConsoleError, Principal, Token};
use mira_core::{Access, Actor, Audience, Denial, Denied, Permission, User};
use mira_key::ServiceName;
use mira_tower::{Guard, credential};
use mira_verifier::Credential;
use mira_wire::{ClientAddress, ErrorCode, Refusal, RequestId, SessionCookie};

use crate::caller_windows::CallerWindows;
use crate::foreign_origin::refuse_foreign_origin;

/// How many callers are remembered at once.
const MAX_CALLERS: usize = 65_536;

/// Who may come in, and how often.
pub(crate) struct ConsoleDoor {
    console: std::sync::Arc<Console>,
    guard: Guard,
    per_minute: Option<NonZeroU32>,
    public: Option<Authority>,
    windows: CallerWindows,
}

impl ConsoleDoor {
    pub(crate) fn new(
        console: std::sync::Arc<Console>,
        guard: Guard,
        per_minute: Option<NonZeroU32>,
        public: Option<Authority>,
    ) -> Self {
        Self {
            console,
            guard,
            per_minute,
            public,
            windows: CallerWindows::new(MAX_CALLERS),
        }
    }

    /// Puts the caller, if there is one, into the request's extensions. Refuses
    /// bad credentials, foreign origins and callers over their limit.
    pub(crate) async fn let_in(&self, request: &mut Parts, id: RequestId) -> Result<(), Refusal> {
        let is_api = is_api(request.uri.path());
        let is_open = !is_api || is_public(&request.method, request.uri.path());
        let caller = match credential(&request.headers) {
            // A page is opened by a session and by nothing else, and what is open
            // to everybody asks for no key.
            _ if is_open => self.session(request).await?,
            // Beside a cookie, `Authorization` counts, whatever it holds.
            Credential::Absent if request.headers.contains_key(AUTHORIZATION) => None,
            Credential::Absent => self.session(request).await?,
            presented => Some((self.key(&presented, request, id).await?, None)),
        };
        let Some((principal, user)) = caller else {
            return if is_open {
                Ok(())
            } else {
                Err(Refusal::error(ErrorCode::Unauthenticated))
            };
        };
        self.charge(principal.actor())?;
        let caller = Caller {
            principal,
            request_id: Some(id.to_string()),
            wait: None,
        };
        request.extensions.insert(caller);
        if let Some(user) = user {
            request.extensions.insert(user);
        }
        Ok(())
    }

    async fn session(&self, request: &Parts) -> Result<Option<(Principal, Option<User>)>, Refusal> {
        let public = self.public.as_ref();
        refuse_foreign_origin(&request.method, &request.headers, &request.uri, public)?;
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
    async fn key(
        &self,
        presented: &Credential<'_>,
        request: &Parts,
        id: RequestId,
    ) -> Result<Principal, Refusal> {
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
            let asked = self.guard.admit_credential(presented, &only_asks, id).await;
            match asked {
                Err(refusal) if refusal.code() == Denial::WrongService.code() => {}
                // Of a key that nobody knows there is nothing to count.
                Err(refusal) if is_of_no_key(&refusal) => return Err(refusal),
                Ok(_) | Err(_) => {
                    let grant = self.guard.admit_credential(presented, &access, id).await?;
                    let (id, organization_id) = (grant.key_id(), grant.organization_id());
                    return Ok(Principal::of_asking_key(id, organization_id));
                }
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
        let grant = self.guard.admit_credential(presented, &access, id).await?;
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
        self.windows.charge(actor, limit, now).map_err(|quota| {
            let denied = Denied {
                denial: Denial::RateLimitedMinute(quota),
                key: None,
                quota: Some(quota),
            };
            Refusal::denied(&denied, now)
        })
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

/// Whether it was refused before any key was known.
fn is_of_no_key(refusal: &Refusal) -> bool {
    [Denial::InvalidKey.code(), ErrorCode::Unavailable.as_str()].contains(&refusal.code())
}

fn asks_about_keys(method: &Method, path: &str) -> bool {
    *method == Method::POST && path == "/v1/keys/verify"
}
