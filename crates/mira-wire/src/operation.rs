//! What a product offers, as data: the route table of every door is made of it.

use http::Method;
use mira_core::Permission;

/// One operation of a product behind its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The method; `GET` answers `HEAD` too.
    pub method: &'static str,
    /// The path below the product's prefix, with `{name}` for one segment.
    pub path: &'static str,
    /// The permission that an organization key needs.
    pub permission: Option<Permission>,
    /// Whether it is open to everybody, such as a health check.
    pub is_public: bool,
    /// Whether the app must have a balance.
    pub is_metered: bool,
}

impl Operation {
    /// An operation that any good key of the product may use.
    pub const fn new(method: &'static str, path: &'static str) -> Self {
        Self {
            method,
            path,
            permission: None,
            is_public: false,
            is_metered: false,
        }
    }

    /// The same, for keys with `permission`.
    pub const fn with_permission(self, permission: Permission) -> Self {
        Self {
            permission: Some(permission),
            ..self
        }
    }

    /// The same, open to everybody.
    pub const fn public(self) -> Self {
        Self {
            is_public: true,
            ..self
        }
    }

    /// The same, for apps with a balance.
    pub const fn metered(self) -> Self {
        Self {
            is_metered: true,
            ..self
        }
    }

    /// Whether it answers `method` on `path`, both as they were sent.
    pub fn matches(&self, method: &Method, path: &str) -> bool {
        let same_method =
            self.method == method.as_str() || (self.method == "GET" && *method == Method::HEAD);
        same_method && same_shape(self.path, path)
    }
}

fn same_shape(template: &str, path: &str) -> bool {
    // Most templates differ from a path in what they begin with, which is soon seen.
    match template.split_once('{') {
        None => return template == path,
        Some((literal, _)) if !path.starts_with(literal) => return false,
        Some(_) => {}
    }
    let mut wanted = template.split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}
