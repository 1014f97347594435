//! How a server is spoken to.

/// The versions of HTTP that a server is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpVersions {
    /// Over TLS whichever the server chooses (RFC 7301), otherwise HTTP/1.1.
    #[default]
    Negotiated,
    /// HTTP/1.1 alone.
    Http1,
    /// HTTP/2 alone; without TLS by prior knowledge (RFC 9113 §3.3).
    Http2,
}

impl HttpVersions {
    /// Those of the setting `http2`.
    pub fn of_setting(http2: Option<bool>) -> Self {
        match http2 {
            None => Self::Negotiated,
            Some(true) => Self::Http2,
            Some(false) => Self::Http1,
        }
    }
}
