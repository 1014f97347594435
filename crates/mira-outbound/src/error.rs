//! Why an outbound request has no answer. The causes are told apart so that an
//! operator knows where to look, and stripped of addresses, certificates and
//! server text so that they can be shown to anybody.

use std::error::Error;
use std::io;

use hyper_util::client::legacy;

use crate::resolver::NoAddress;

/// Why a request could not be sent or its answer not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The address is not an absolute `http` or `https` URL.
    #[error("the address is not an absolute http or https URL")]
    Address,
    /// The host name has no address.
    #[error("the host name cannot be resolved")]
    Unresolved,
    /// The host's addresses are not public, and not among those that the operator
    /// allowed.
    #[error("the address is not allowed")]
    Forbidden,
    /// No connection: refused, unreachable, or the connect timeout.
    #[error("cannot connect: {0}")]
    Connect(io::ErrorKind),
    /// The TLS handshake failed, by an untrusted certificate for example.
    #[error("the TLS handshake failed")]
    Tls,
    /// The connection broke, or what came was not HTTP.
    #[error("the connection broke before the answer was complete")]
    Broken,
    /// The server was to speak HTTP/2 and does not.
    #[error("the server does not speak HTTP/2")]
    NotHttp2,
    /// The server said that it did nothing with the request: it may be sent again.
    #[error("the server did not take the request")]
    Unprocessed,
    /// The answer was not there in time.
    #[error("no answer within the deadline")]
    Deadline,
    /// The answer is longer than this number of bytes.
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
}

impl OutboundError {
    /// Why there is no connection.
    pub(crate) fn connecting(error: &(dyn Error + 'static)) -> Self {
        let mut connect = io::ErrorKind::Other;
        let mut next = Some(error);
        while let Some(cause) = next {
            if cause.is::<rustls::Error>() {
                return Self::Tls;
            }
            if let Some(error) = cause.downcast_ref::<NoAddress>() {
                return (*error).into();
            }
            next = match cause.downcast_ref::<io::Error>() {
                Some(io) => {
                    connect = io.kind();
                    // `source` of an `io::Error` skips the error it wraps.
                    io.get_ref()
                        .map(|wrapped| wrapped as &(dyn Error + 'static))
                }
                None => cause.source(),
            };
        }
        Self::Connect(connect)
    }
}

impl From<legacy::Error> for OutboundError {
    fn from(error: legacy::Error) -> Self {
        match Self::connecting(&error) {
            Self::Connect(_) if !error.is_connect() => Self::Broken,
            cause => cause,
        }
    }
}

impl From<NoAddress> for OutboundError {
    fn from(error: NoAddress) -> Self {
        match error {
            NoAddress::Unresolved => Self::Unresolved,
            NoAddress::Forbidden => Self::Forbidden,
        }
    }
}
