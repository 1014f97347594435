//! Which keys a path is for, and what they need there.

use http::Method;
use mira_core::{Access, Audience, Environments};
use mira_wire::{Dialect, Operation};

/// A prefix and everything below it.
#[derive(Debug, Clone)]
pub struct Mount {
    /// The path prefix, without a slash at its end. It matches whole segments.
    pub prefix: String,
    /// The shape of its errors.
    pub dialect: Dialect,
    /// The keys it is for.
    pub audience: Audience,
    /// The environments it accepts.
    pub environments: Environments,
    /// Whether client addresses have a window of their own here.
    pub limits_address: bool,
    /// What is known to be below it. Anything else still needs a good key before
    /// it is answered 404 or 405, so that nobody maps the routes without one.
    pub operations: Vec<Operation>,
}

/// Where a request leads.
#[derive(Debug, Clone, Copy)]
pub enum Route<'t> {
    /// To no mount: a page, the console or nothing.
    Open,
    /// To an operation that is open to everybody.
    Public(&'t Mount),
    /// To something that only a key opens; the client address is still to be
    /// filled into the access.
    Protected(&'t Mount, Access),
}

/// All mounts of an installation.
#[derive(Debug, Clone, Default)]
pub struct RouteTable(Vec<Mount>);

impl RouteTable {
    /// A table of `mounts`, whose prefixes must not overlap.
    pub fn new(mounts: Vec<Mount>) -> Self {
        Self(mounts)
    }

    /// Its mounts.
    pub fn mounts(&self) -> &[Mount] {
        &self.0
    }

    /// Where `method` and a checked `path` lead.
    pub fn find(&self, method: &Method, path: &str) -> Route<'_> {
        let below = |mount: &Mount| {
            let rest = path.strip_prefix(mount.prefix.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest.len())
        };
        let Some((mount, rest)) = self.0.iter().find_map(|mount| Some((mount, below(mount)?)))
        else {
            return Route::Open;
        };
        let rest = path.get(path.len() - rest..).unwrap_or_default();
        let operation = mount
            .operations
            .iter()
            .find(|operation| operation.matches(method, rest));
        if operation.is_some_and(|operation| operation.is_public) {
            return Route::Public(mount);
        }
        let access = Access {
            audience: mount.audience,
            permission: operation.and_then(|operation| operation.permission),
            environments: mount.environments,
            is_metered: operation.is_some_and(|operation| operation.is_metered),
            limits_address: mount.limits_address,
            ..Access::ANY
        };
        Route::Protected(mount, access)
    }
}

#[cfg(test)]
mod tests {
    use http::Method;
    use mira_core::{Audience, Environments, Permission};
    use mira_wire::{Dialect, Operation};

    use super::{Mount, Route, RouteTable};

    fn table() -> RouteTable {
        RouteTable::new(vec![Mount {
            prefix: "/api/v1".to_owned(),
            dialect: Dialect::MiraApi,
            audience: Audience::Organization,
            environments: Environments::ALL,
            limits_address: true,
            operations: vec![
                Operation::new("GET", "/meetings").with_permission(Permission::Read),
                Operation::new("DELETE", "/meetings/{id}").with_permission(Permission::Admin),
                Operation::new("GET", "/health").public(),
            ],
        }])
    }

    fn key_for(method: &str, path: &str) -> &'static str {
        match table().find(&Method::from_bytes(method.as_bytes()).unwrap(), path) {
            Route::Protected(_, access) => access.permission.map_or("any", Permission::as_str),
            Route::Open | Route::Public(_) => "none",
        }
    }

    #[test]
    fn every_path_below_a_prefix_is_protected() {
        for (method, path, expected) in [
            ("GET", "/api/v1/meetings", "read"),
            ("HEAD", "/api/v1/meetings", "read"),
            ("POST", "/api/v1/meetings", "any"),
            ("get", "/api/v1/meetings", "any"),
            ("GET", "/api/v1/meetings/", "any"),
            ("DELETE", "/api/v1/meetings/1", "admin"),
            ("DELETE", "/api/v1/meetings/", "any"),
            ("DELETE", "/api/v1/meetings/1/2", "any"),
            ("GET", "/api/v1", "any"),
            ("GET", "/api/v1/", "any"),
            ("GET", "/api/v1/health", "none"),
            ("GET", "/api/v1x/meetings", "none"),
            ("GET", "/API/v1/meetings", "none"),
            ("GET", "/", "none"),
        ] {
            assert_eq!(key_for(method, path), expected, "{method} {path}");
        }
    }
}
