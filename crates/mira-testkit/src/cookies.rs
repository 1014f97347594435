//! The cookies of one visitor (RFC 6265, as far as one server needs it).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use http::header::{HeaderValue, SET_COOKIE};

/// A cookie jar; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cookies(Arc<Mutex<BTreeMap<String, String>>>);

impl Cookies {
    /// Takes over what a server set, and drops what it ended.
    pub(crate) fn take(&self, headers: &HeaderMap) {
        let mut cookies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for cookie in headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap_or_default();
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.trim().split_once('=') else {
                continue;
            };
            if attributes.to_ascii_lowercase().contains("max-age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The value of a `Cookie` field, if there are any.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let cookies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs: Vec<String> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        HeaderValue::from_str(&pairs.join("; "))
            .ok()
            .filter(|_| !pairs.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::SET_COOKIE;

    use super::Cookies;

    fn answer(cookie: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(SET_COOKIE, cookie.parse().unwrap())])
    }

    #[test]
    fn cookie_is_sent_back_until_the_server_ends_it() {
        let cookies = Cookies::default();
        assert_eq!(cookies.header(), None);
        cookies.take(&answer("mira_session=a=b; HttpOnly; Path=/"));
        assert_eq!(cookies.header().unwrap(), "mira_session=a=b");
        cookies.take(&answer("mira_session=; Max-Age=0; Path=/"));
        assert_eq!(cookies.header(), None);
    }
}
