//! Why there is no page: a refusal or an error, as people read it.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue, StatusCode};
use maud::html;
use mira_console::ConsoleError;
use mira_wire::{ErrorCode, Refusal, RequestId};

use crate::finish::protect;
use crate::layout;

/// What is said where the subscription does not allow organization keys.
pub(crate) const SUBSCRIPTION_REQUIRED: &str = "API keys and API access require an active Business \
    or Enterprise subscription. Pay-as-you-go token purchases do not include API access.";

/// Why there is no page. A handler returns it; [`finish`](crate::finish) knows
/// the request's id and renders it.
#[derive(Clone)]
pub(crate) struct Fault {
    code: ErrorCode,
    text: Cow<'static, str>,
    advice: &'static str,
    retry_after_secs: Option<u64>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl Fault {
    /// An error with a text of its own.
    pub(crate) fn new(code: ErrorCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            text: text.into(),
            advice: advice(code),
            retry_after_secs: None,
            cause: None,
        }
    }

    /// An error that says no more than its code.
    pub(crate) fn of(code: ErrorCode) -> Self {
        Self::new(code, code.text())
    }

    /// Something that does not exist, or belongs to somebody else.
    pub(crate) fn not_found(noun: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("{noun} not found"))
    }

    /// The response, and a line in the log if it is our fault.
    pub(crate) fn render(self, request_id: Option<RequestId>) -> Response {
        let id = request_id.map(|id| id.to_string());
        if let Some(cause) = &self.cause {
            tracing::error!(error = %cause, request.id = id.as_deref(), "a page failed");
        }
        let words = Words {
            status: self.code.status(),
            title: self.code.title(),
            text: &self.text,
            advice: self.advice,
        };
        let mut response = words.page(id);
        if let Some(secs) = self.retry_after_secs {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }
}

/// The page for a request that was refused before it reached a page: from
/// another origin, too often, or while nothing can be known.
pub fn refusal_page(refusal: &Refusal, request_id: RequestId) -> Response {
    let words = Words {
        status: refusal.status(),
        title: refusal.title(),
        text: refusal.text(),
        advice: "Nothing was changed.",
    };
    let mut response = words.page(Some(request_id.to_string()));
    protect(response.headers_mut());
    let headers = refusal.headers();
    for name in [RETRY_AFTER, CODE] {
        if let Some(value) = headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

const CODE: HeaderName = HeaderName::from_static("x-mira-code");

/// What a page about a failure says.
struct Words<'w> {
    status: StatusCode,
    title: &'w str,
    text: &'w str,
    advice: &'w str,
}

impl Words<'_> {
    fn page(&self, request_id: Option<String>) -> Response {
        let body = html! {
            p.fault-status { (self.status.as_u16()) }
            h1 { (self.title) }
            p.fault-text { (self.text) "." }
            p.muted { (self.advice) }
            p.actions { a.button href="/" { "Back to the console" } }
            @if let Some(id) = request_id {
                p.fault-id { "Request " code { (id) } }
            }
        };
        (self.status, layout::standalone(self.title, &body)).into_response()
    }
}

fn advice(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Forbidden => {
            "Ask an admin of your organization to do it, or to change your role."
        }
        ErrorCode::NotFound => "It does not exist, or it belongs to another organization.",
        ErrorCode::Conflict => "Nothing was changed. Go back and look at how things are now.",
        ErrorCode::InvalidRequest => "Nothing was changed. Go back and change what you sent.",
        ErrorCode::TooManyRequests => "Wait a while before you try again.",
        ErrorCode::Unavailable => {
            "It is not known whether the change was made. Look before you try again; \
             repeating a revoke is safe."
        }
        ErrorCode::Internal => "Tell the operator of this installation, with the request below.",
        _ => "Nothing was changed.",
    }
}

impl From<ConsoleError> for Fault {
    fn from(error: ConsoleError) -> Self {
        match error {
            ConsoleError::InvalidCredentials => Self::of(ErrorCode::InvalidCredentials),
            ConsoleError::TooManyAttempts { retry_after_secs } => Self {
                retry_after_secs: Some(retry_after_secs),
                ..Self::new(ErrorCode::TooManyRequests, "Too many failed sign-ins")
            },
            ConsoleError::Forbidden => Self::of(ErrorCode::Forbidden),
            ConsoleError::NotFound(noun) => Self::not_found(noun),
            ConsoleError::Invalid(text) => Self::new(ErrorCode::InvalidRequest, text),
            ConsoleError::Conflict(text) => Self::new(ErrorCode::Conflict, text),
            ConsoleError::SubscriptionRequired => Self {
                advice: "A superadmin can change the subscription under Settings → Organization.",
                ..Self::new(
                    ErrorCode::Forbidden,
                    SUBSCRIPTION_REQUIRED.trim_end_matches('.'),
                )
            },
            ConsoleError::Unavailable => Self {
                retry_after_secs: Some(1),
                ..Self::of(ErrorCode::Unavailable)
            },
            ConsoleError::Internal(cause) => Self {
                cause: Some(Arc::from(cause)),
                ..Self::of(ErrorCode::Internal)
            },
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
