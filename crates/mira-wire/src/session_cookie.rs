//! The cookie that carries a console session.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

const SECURE_NAME: &str = "__Host-mira_session";
const PLAIN_NAME: &str = "mira_session";
/// The absolute lifetime of a session: 30 days.
const MAX_AGE_SECS: u32 = 30 * 86_400;

/// How the session cookie is written for one request: with the `__Host-` prefix
/// and `Secure` when it came over https. The edge puts it into a request's
/// extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionCookie {
    is_secure: bool,
}

impl SessionCookie {
    /// The cookie of a request that came over https, or did not.
    pub const fn new(is_secure: bool) -> Self {
        Self { is_secure }
    }

    /// Whether the request came over https.
    pub const fn is_secure(self) -> bool {
        self.is_secure
    }

    /// The names the cookie may have; both are ours and never an upstream's.
    pub const NAMES: [&'static str; 2] = [SECURE_NAME, PLAIN_NAME];

    /// The token that a request carries.
    pub fn read(self, headers: &HeaderMap) -> Option<&str> {
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == self.name())
            .map(|(_, token)| token)
    }

    /// `Set-Cookie` with a new session's token.
    pub fn set(self, token: &str) -> HeaderValue {
        self.header(token, MAX_AGE_SECS)
    }

    /// `Set-Cookie` that takes the cookie away.
    pub fn clear(self) -> HeaderValue {
        self.header("", 0)
    }

    const fn name(self) -> &'static str {
        if self.is_secure {
            SECURE_NAME
        } else {
            PLAIN_NAME
        }
    }

    fn header(self, token: &str, max_age_secs: u32) -> HeaderValue {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let name = self.name();
        let text = format!(
            "{name}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={max_age_secs}{secure}"
        );
        let mut value =
            HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}
