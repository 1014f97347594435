//! Addresses of this server and of others.

use std::fmt;
use std::str::FromStr;

use http::Uri;

/// An absolute `http` or `https` URL without credentials, query and fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpUrl(Uri);

/// The same without a path: a scheme, a host and perhaps a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HttpUrl);

impl HttpUrl {
    /// The URL.
    pub fn as_uri(&self) -> &Uri {
        &self.0
    }
}

impl Origin {
    /// The URL, whose path is `/`.
    pub fn as_uri(&self) -> &Uri {
        self.0.as_uri()
    }
}

impl FromStr for HttpUrl {
    type Err = ParseHttpUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| ParseHttpUrlError::NotHttp)?;
        let has_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        if has_scheme && has_host && !text.contains(['@', '?', '#']) {
            Ok(Self(uri))
        } else {
            Err(ParseHttpUrlError::NotHttp)
        }
    }
}

impl FromStr for Origin {
    type Err = ParseHttpUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: HttpUrl = text.parse()?;
        if url.as_uri().path() == "/" {
            Ok(Self(url))
        } else {
            Err(ParseHttpUrlError::Path)
        }
    }
}

impl fmt::Display for HttpUrl {
    /// Without a slash at its end, so that a path can follow.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_string().trim_end_matches('/'))
    }
}

impl fmt::Display for Origin {
    /// Without a slash at its end, so that a path can follow.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is no such URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseHttpUrlError {
    /// Another scheme, no host, or more than a URL of a server has.
    #[error("an http or https URL without credentials, query and fragment is expected")]
    NotHttp,
    /// A path, where only an origin is meant.
    #[error("a URL without a path is expected, such as https://mira.example.com")]
    Path,
}
