//! The URL of somebody who wants to be told.

use std::fmt;
use std::str::FromStr;

use http::Uri;

/// The longest URL that is kept, in bytes.
const MAX_LENGTH: usize = 2_000;

/// An absolute `https` or `http` URL without user information or fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver(Uri);

/// Why a URL is no receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReceiver {
    /// It is not an absolute URL of `https` or `http`.
    #[error("url is an absolute https URL")]
    Url,
    /// It names a user, whose password would stand in lists and logs.
    #[error("url has no user information")]
    UserInformation,
    /// It is too long.
    #[error("url has up to 2,000 characters")]
    Length,
}

impl Receiver {
    /// The URL.
    pub fn uri(&self) -> &Uri {
        &self.0
    }

    /// Whether what is sent there can be read on the way.
    pub fn is_plain(&self) -> bool {
        self.0.scheme_str() == Some("http")
    }
}

impl FromStr for Receiver {
    type Err = InvalidReceiver;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_LENGTH {
            return Err(InvalidReceiver::Length);
        }
        // The parser would drop it silently.
        if text.contains('#') {
            return Err(InvalidReceiver::Url);
        }
        let uri: Uri = text.parse().map_err(|_| InvalidReceiver::Url)?;
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        if !matches!(uri.scheme_str(), Some("http" | "https")) || !has_host {
            return Err(InvalidReceiver::Url);
        }
        if uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err(InvalidReceiver::UserInformation);
        }
        Ok(Self(uri))
    }
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidReceiver, Receiver};

    #[test]
    fn only_absolute_urls_without_user_information_are_receivers() {
        for good in [
            "https://example.com/hooks?team=1",
            "http://127.0.0.1:9000/",
            "https://[::1]/",
        ] {
            assert_eq!(good.parse::<Receiver>().unwrap().to_string(), good);
        }
        for (bad, error) in [
            ("", InvalidReceiver::Url),
            ("/hooks", InvalidReceiver::Url),
            ("example.com", InvalidReceiver::Url),
            ("ftp://example.com/", InvalidReceiver::Url),
            ("https://", InvalidReceiver::Url),
            ("https://example.com/#part", InvalidReceiver::Url),
            (
                "https://ann:pw@example.com/",
                InvalidReceiver::UserInformation,
            ),
            (
                &format!("https://example.com/{}", "x".repeat(2_000)),
                InvalidReceiver::Length,
            ),
        ] {
            assert_eq!(bad.parse::<Receiver>(), Err(error), "{bad}");
        }
    }
}
