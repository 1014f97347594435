//! Links within the console.

use std::fmt;

use axum::response::{IntoResponse, Redirect, Response};
use maud::Render;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The unreserved characters of RFC 3986 §2.3 stay as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A path of the console and its query.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Href(String);

impl Href {
    /// A link to `path`, which has no query.
    pub(crate) fn to(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// The same, with one more member in its query.
    pub(crate) fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.0.push(if self.0.contains('?') { '&' } else { '?' });
        self.0.push_str(name);
        self.0.push('=');
        let value = value.to_string();
        self.0.extend(utf8_percent_encode(&value, RESERVED));
        self
    }

    /// Where somebody wanted to go, if that is a place in the console and no
    /// other: a browser reads `//host`, `/\host` and `/<tab>/host` as elsewhere.
    pub(crate) fn local(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let is_elsewhere = rest.starts_with('/') || text.contains('\\');
        let is_plain = text.len() <= 2_000 && text.bytes().all(|byte| byte.is_ascii_graphic());
        (is_plain && !is_elsewhere).then(|| Self(text.to_owned()))
    }

    /// `303 See Other`: go there, with GET.
    pub(crate) fn see_other(&self) -> Response {
        Redirect::to(&self.0).into_response()
    }
}

impl fmt::Display for Href {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Render for Href {
    fn render_to(&self, buffer: &mut String) {
        self.0.as_str().render_to(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::Href;

    #[test]
    fn only_paths_of_this_host_are_local() {
        for good in ["/", "/apps", "/audit?cursor=0a&x=//y", "/a:b@c"] {
            assert!(Href::local(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "apps",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x",
            "/ä",
            "/ /evil",
        ] {
            assert!(Href::local(bad).is_none(), "{bad:?}");
        }
        assert!(Href::local(&format!("/{}", "a".repeat(2_000))).is_none());
    }

    #[test]
    fn values_are_encoded_and_joined() {
        let href = Href::to("/sign-in").with("next", "/a?b=c&d").with("x", 1);
        assert_eq!(href.to_string(), "/sign-in?next=%2Fa%3Fb%3Dc%26d&x=1");
    }
}
