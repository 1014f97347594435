//! Errors that are not denials: the request was wrong, or we were.

use http::StatusCode;

/// The stable code of an error. Denials have codes of their own, in
/// [`mira_core::Denial::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The request cannot be understood or carried out as it stands.
    InvalidRequest,
    /// The console was asked without a session or key.
    Unauthenticated,
    /// A sign-in with a wrong address or password.
    InvalidCredentials,
    /// The caller's role does not allow it.
    Forbidden,
    /// A browser sent it from another origin.
    CrossOrigin,
    /// No route leads there, so a door refuses it.
    NoRoute,
    /// It does not exist, or belongs to somebody else.
    NotFound,
    /// The path exists, with other methods.
    MethodNotAllowed,
    /// The state of things does not allow it now.
    Conflict,
    /// It is not the version that the request means.
    PreconditionFailed,
    /// The body is too large.
    PayloadTooLarge,
    /// The body is of another media type.
    UnsupportedMediaType,
    /// Too many attempts; the same code as a full minute window.
    TooManyRequests,
    /// Our fault.
    Internal,
    /// The upstream answered with nonsense or not at all.
    BadGateway,
    /// No model is configured.
    NoModel,
    /// What decides or stores cannot be asked now.
    Unavailable,
    /// The upstream has as many requests as it may.
    UpstreamBusy,
    /// The upstream took too long.
    GatewayTimeout,
}

impl ErrorCode {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Unauthenticated => "unauthenticated",
            Self::InvalidCredentials => "invalid_credentials",
            Self::Forbidden => "forbidden",
            Self::CrossOrigin => "cross_origin",
            Self::NoRoute => "no_route",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::PreconditionFailed => "precondition_failed",
            Self::PayloadTooLarge => "payload_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::TooManyRequests => "rate_limited_minute",
            Self::Internal => "internal",
            Self::BadGateway => "bad_gateway",
            Self::NoModel => "no_model",
            Self::Unavailable => "unavailable",
            Self::UpstreamBusy => "upstream_busy",
            Self::GatewayTimeout => "gateway_timeout",
        }
    }

    /// The status (RFC 9110 §15).
    pub const fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::Unauthenticated | Self::InvalidCredentials => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::CrossOrigin | Self::NoRoute => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::BadGateway => StatusCode::BAD_GATEWAY,
            Self::NoModel | Self::Unavailable | Self::UpstreamBusy => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::GatewayTimeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// The title that stands for `error` in the two-member shapes.
    pub const fn title(self) -> &'static str {
        match self {
            Self::InvalidRequest => "Bad Request",
            Self::Unauthenticated | Self::InvalidCredentials => "Unauthorized",
            Self::Forbidden | Self::CrossOrigin | Self::NoRoute => "Forbidden",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::Conflict => "Conflict",
            Self::PreconditionFailed => "Precondition Failed",
            Self::PayloadTooLarge => "Payload Too Large",
            Self::UnsupportedMediaType => "Unsupported Media Type",
            Self::TooManyRequests => "Rate Limit Exceeded",
            Self::Internal => "Internal Server Error",
            Self::BadGateway => "Bad Gateway",
            Self::NoModel | Self::Unavailable | Self::UpstreamBusy => "Service Unavailable",
            Self::GatewayTimeout => "Gateway Timeout",
        }
    }

    /// What is said when there is nothing more precise to say.
    pub const fn text(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The request is not valid",
            Self::Unauthenticated => "Sign in or present an organization key with admin permission",
            Self::InvalidCredentials => "Email or password is wrong",
            Self::Forbidden => "Your role does not allow this",
            Self::CrossOrigin => "The request came from another origin",
            Self::NoRoute => "No route leads to this path",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::Conflict => "The current state does not allow this",
            Self::PreconditionFailed => "It has changed since it was read",
            Self::PayloadTooLarge => "The body is too large",
            Self::UnsupportedMediaType => "The body must be application/json",
            Self::TooManyRequests => "Too many attempts; wait a few minutes and try again",
            Self::Internal => "Something went wrong on our side",
            Self::BadGateway => "The upstream gave no valid answer",
            Self::NoModel => "No model configured",
            Self::Unavailable => "Service temporarily unavailable",
            Self::UpstreamBusy => "The upstream has too many requests; try again",
            Self::GatewayTimeout => "The upstream took too long",
        }
    }

    /// The code that fits a bare status, for responses that a library made.
    pub(crate) const fn for_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::CONFLICT => Self::Conflict,
            StatusCode::PRECONDITION_FAILED => Self::PreconditionFailed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::TOO_MANY_REQUESTS => Self::TooManyRequests,
            StatusCode::BAD_GATEWAY => Self::BadGateway,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            StatusCode::GATEWAY_TIMEOUT => Self::GatewayTimeout,
            status if status.as_u16() < 500 => Self::InvalidRequest,
            _ => Self::Internal,
        }
    }
}
