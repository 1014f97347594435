//! Queries of URLs.

use std::fmt::Display;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A path, to which parameters are added.
pub(crate) struct Query {
    target: String,
    has_parameters: bool,
}

impl Query {
    /// `path` without parameters.
    pub(crate) fn of(path: impl Into<String>) -> Self {
        Self {
            target: path.into(),
            has_parameters: false,
        }
    }

    /// Adds a parameter, if it has a value.
    pub(crate) fn with<T: Display>(mut self, name: &str, value: Option<T>) -> Self {
        if let Some(value) = value {
            let value = value.to_string();
            let separator = if self.has_parameters { '&' } else { '?' };
            self.has_parameters = true;
            self.target.push(separator);
            self.target.push_str(name);
            self.target.push('=');
            self.target.extend(utf8_percent_encode(&value, RESERVED));
        }
        self
    }

    /// The path with its parameters.
    pub(crate) fn into_target(self) -> String {
        self.target
    }
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn absent_parameter_is_left_out_and_a_value_cannot_add_another() {
        let query = Query::of("/v1/apps")
            .with("limit", Some(20))
            .with("cursor", None::<u8>)
            .with("state", Some("a&b=c d"));
        assert_eq!(query.into_target(), "/v1/apps?limit=20&state=a%26b%3Dc%20d");
        assert_eq!(Query::of("/v1/me").into_target(), "/v1/me");
    }
}
