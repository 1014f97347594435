//! Why an upstream gave no answer.

use std::error::Error;

use mira_wire::{ErrorCode, Refusal};

/// Why a request has no answer of its upstream.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No connection.
    #[error("cannot connect: {}", innermost(.0.as_ref()))]
    Connect(#[source] Box<dyn Error + Send + Sync>),
    /// No connection in time.
    #[error("cannot connect in time")]
    ConnectTimeout,
    /// It could not be reached a moment ago, and others try.
    #[error("it is down")]
    Down,
    /// It was to speak HTTP/2 and does not.
    #[error("it does not speak HTTP/2")]
    NotHttp2,
    /// It has as many exchanges as it may.
    #[error("it has as many requests as it may")]
    Busy,
    /// The connection broke, or what came was not HTTP.
    #[error("the exchange broke: {}", innermost(.0))]
    Broken(#[source] hyper::Error),
    /// The answer can be read in two ways.
    #[error("the answer is ambiguous")]
    Ambiguous,
    /// It changed the protocol, unasked.
    #[error("it changed the protocol unasked")]
    UnaskedUpgrade,
    /// No head of an answer in time.
    #[error("no answer in time")]
    Silent,
    /// The client did not send all of its request.
    #[error("the client's request broke off")]
    RequestBody,
}

impl UpstreamError {
    /// What the client is told: whose fault it is, and nothing of the inside.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Connect(_)
            | Self::Down
            | Self::NotHttp2
            | Self::Broken(_)
            | Self::Ambiguous
            | Self::UnaskedUpgrade => Refusal::error(ErrorCode::BadGateway),
            Self::Busy => Refusal::error(ErrorCode::UpstreamBusy),
            Self::ConnectTimeout | Self::Silent => Refusal::error(ErrorCode::GatewayTimeout),
            Self::RequestBody => Refusal::invalid("The body ended early"),
        }
    }
}

/// The error at the bottom, which says what happened.
fn innermost<'e>(error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
}
