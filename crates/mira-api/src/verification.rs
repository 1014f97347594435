//! Asking about a key.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use mira_console::{Answer as Verdict, Asked, ConsoleError};
use mira_core::{Access, Audience, Denial, Denied, Environments, Grant, Quota, Timestamp};
use mira_key::ServiceName;
use mira_wire::{Dialect, ErrorCode, JsonBody, Refusal, json_response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::body::Body;
use crate::failure::Answer;
use crate::text::{EnvironmentText, PermissionText, Text};

/// The most requests that one question counts as.
const MAX_COST: u32 = 1_000;

/// A key that somebody presented, and what it is wanted for. What is absent is
/// not checked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Question, example = json!({
    "key": "mira_live_a1B2…", "permission": "read", "remote_addr": "203.0.113.7",
}))]
struct QuestionBody {
    /// The presented key.
    key: String,
    /// The service that it is wanted for.
    #[schema(value_type = Option<String>, example = "verify")]
    service: Option<Text<ServiceName>>,
    /// The permission that it takes.
    permission: Option<PermissionText>,
    /// The environment that it is wanted in.
    environment: Option<EnvironmentText>,
    /// The address that it was presented from.
    #[schema(value_type = Option<String>, example = "203.0.113.7")]
    remote_addr: Option<IpAddr>,
    /// How many requests it counts as; 1 if absent, 0 only asks.
    #[schema(maximum = 1_000, default = 1)]
    cost: Option<u32>,
}

/// What there is to say about a key.
#[derive(Serialize, ToSchema)]
#[schema(as = Verdict, example = json!({
    "valid": true,
    "code": "valid",
    "key_id": "key_019bb80b39c07e3a8f1d2c4b5a697887",
    "organization_id": "org_019bb80b2e107c4d9a3f5e6b7c8d9e0f",
    "app_id": null,
    "service": null,
    "environment": "production",
    "permissions": ["read", "write"],
    "limit": 100,
    "remaining": 99,
    "reset": 1_768_473_060,
    "request_id": "req_019bb80b39c07e3a8f1d2c4b5a697887",
}))]
struct VerdictBody {
    /// Whether it is good for that.
    valid: bool,
    /// `valid`, or the code of the refusal.
    code: &'static str,
    #[serde(flatten)]
    #[schema(value_type = GoodKeyBody)]
    key: Option<GoodKeyBody>,
    #[serde(flatten)]
    #[schema(value_type = WindowBody)]
    window: Option<WindowBody>,
    /// The id of this question, as in `X-Mira-Request-Id`.
    request_id: Option<String>,
    /// What to answer whoever presented the key, if it is not good.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refusal: Option<RefusalBody>,
}

/// A refusal as this platform's services answer it, to be passed on as it is.
#[derive(Serialize, ToSchema)]
#[schema(as = PassedRefusal)]
struct RefusalBody {
    /// The status.
    status: u16,
    /// The headers.
    headers: BTreeMap<String, String>,
    /// The body, JSON.
    #[schema(value_type = Object)]
    body: Box<RawValue>,
}

/// A good key; these members are there only then.
#[derive(Serialize, ToSchema)]
#[schema(as = GoodKey)]
struct GoodKeyBody {
    /// The key.
    #[schema(required = false)]
    key_id: String,
    /// Whose it is.
    #[schema(required = false)]
    organization_id: String,
    /// The app of an app key.
    app_id: Option<String>,
    /// The service of an app key.
    service: Option<String>,
    /// Where it is meant to be used.
    #[schema(required = false)]
    environment: EnvironmentText,
    /// What an organization key may do.
    #[schema(required = false)]
    permissions: Vec<PermissionText>,
}

/// The window that the key counts in, where it has one.
#[derive(Serialize, ToSchema)]
#[schema(as = Window)]
struct WindowBody {
    /// Requests that the window allows.
    #[schema(required = false)]
    limit: u32,
    /// Requests that it still allows.
    #[schema(required = false)]
    remaining: u32,
    /// When the next one begins, in Unix seconds.
    #[schema(required = false)]
    reset: i64,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(verify_key))
}

/// Ask about a key
///
/// Decides as every door does, about keys of the caller's organization; a key of
/// another one reads as `invalid_key`. It counts on the window of the key that is
/// asked about. A `mk_console_…` key may ask this, and nothing else.
///
/// If the key is not good, `refusal` says how this platform's own services would answer,
/// so that a service which asks here needs no table of its own.
#[utoipa::path(post, path = "/v1/keys/verify", tag = "Keys", request_body = QuestionBody,
    responses((status = 200, description = "The decision, yes or no", body = VerdictBody)))]
async fn verify_key(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    body: Body<QuestionBody>,
) -> Answer {
    let JsonBody(body) = body?;
    let asked = Asked {
        key: &body.key,
        access: access(&api, &body)?,
    };
    let organization = caller.principal.organization_id();
    let organization = organization.ok_or(ConsoleError::Forbidden)?;
    let verdict = api.console.verify_key(&caller, organization, asked).await?;
    let body = match verdict {
        Verdict::Valid(grant) => VerdictBody::from(&grant),
        Verdict::Denied(denial) => VerdictBody::of(denial, api.console.now())?,
    };
    let request_id = caller.request_id;
    Ok(json_response(
        StatusCode::OK,
        &VerdictBody { request_id, ..body },
    ))
}

fn access(api: &Api, question: &QuestionBody) -> Result<Access, Refusal> {
    let cost = question.cost.unwrap_or(1);
    if cost > MAX_COST {
        return Err(Refusal::invalid("cost is a whole number from 0 to 1000"));
    }
    let service = question.service.map(|name| name.0);
    Ok(Access {
        audience: service.map_or(Audience::Any, Audience::Service),
        permission: question.permission.map(|word| word.0),
        environments: question
            .environment
            .map_or(Environments::ALL, |word| Environments::from_iter([word.0])),
        address: question.remote_addr,
        is_metered: service.is_some_and(|name| api.config.metered.contains(&name)),
        cost,
        ..Access::ANY
    })
}

impl From<&Grant> for VerdictBody {
    fn from(grant: &Grant) -> Self {
        let key = GoodKeyBody {
            key_id: grant.key_id().to_string(),
            organization_id: grant.organization_id().to_string(),
            app_id: grant.app_id().map(|id| id.to_string()),
            service: grant.service().map(|name| name.to_string()),
            environment: Text(grant.environment()),
            permissions: grant.permissions().iter().map(Text).collect(),
        };
        Self {
            valid: true,
            code: "valid",
            key: Some(key),
            window: grant.quota().map(WindowBody::from),
            request_id: None,
            refusal: None,
        }
    }
}

impl VerdictBody {
    fn of(denial: Denial, now: Timestamp) -> Result<Self, Refusal> {
        let window = match denial {
            Denial::RateLimitedMinute(quota) | Denial::RateLimitedDay(quota) => Some(quota),
            _ => None,
        };
        let denied = Denied {
            denial,
            key: None,
            quota: window,
        };
        Ok(Self {
            valid: false,
            code: denied.denial.code(),
            key: None,
            window: window.map(WindowBody::from),
            request_id: None,
            refusal: Some(RefusalBody::of(&Refusal::denied(&denied, now))?),
        })
    }
}

impl RefusalBody {
    fn of(refusal: &Refusal) -> Result<Self, Refusal> {
        let headers = refusal.headers();
        let headers = headers.iter().filter_map(|(name, value)| {
            let value = value.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        });
        let body = refusal.body(Dialect::Network);
        let body = serde_json::from_slice(&body);
        Ok(Self {
            status: refusal.status().as_u16(),
            headers: headers.collect(),
            body: body.map_err(|_| Refusal::error(ErrorCode::Internal))?,
        })
    }
}

impl From<Quota> for WindowBody {
    fn from(quota: Quota) -> Self {
        Self {
            limit: quota.limit,
            remaining: quota.remaining,
            reset: quota.reset.as_secs(),
        }
    }
}
