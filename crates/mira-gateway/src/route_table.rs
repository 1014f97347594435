//! Which keys a path is for, and what they need there.

use http::Method;
use mira_core::{Access, Audience, Environments};
use mira_wire::{Dialect, ErrorCode, Operation, Refusal};

use crate::Service;
use crate::service::allow;

/// The prefix of a product of this server, and everything below it.
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
    /// What is below it. Anything else still needs a good key before it is
    /// answered 404 or 405, so that nobody maps the routes without one.
    pub operations: Vec<Operation>,
}

/// What stands at a prefix.
#[derive(Debug, Clone, Copy)]
pub enum Target<'t> {
    /// A product of this server.
    Product(&'t Mount),
    /// An upstream behind the gateway.
    Service(&'t Service),
}

/// Where a request leads.
#[derive(Debug, Clone, Copy)]
pub enum Route<'t> {
    /// To no prefix: a page, the console or nothing.
    Open,
    /// To an operation that is open to everybody.
    Public(Target<'t>),
    /// To something that only a key opens; the client address is still to be
    /// filled into the access.
    Protected(Target<'t>, Access),
}

/// All products and services of an installation.
#[derive(Debug, Clone, Default)]
pub struct RouteTable {
    mounts: Vec<Mount>,
    services: Vec<Service>,
}

impl RouteTable {
    /// A table of the products at `mounts`. No two prefixes may overlap.
    pub fn new(mounts: Vec<Mount>) -> Self {
        Self {
            mounts,
            services: Vec::new(),
        }
    }

    /// The same products, with `services`.
    pub fn with_services(self, services: Vec<Service>) -> Self {
        Self { services, ..self }
    }

    /// Its products.
    pub fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// Its services.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The shape of errors at `path`, if something stands there.
    pub fn dialect(&self, path: &str) -> Option<Dialect> {
        self.target(path).map(Target::dialect)
    }

    /// Where `method` and a checked `path` lead.
    pub fn find(&self, method: &Method, path: &str) -> Route<'_> {
        let Some(target) = self.target(path) else {
            return Route::Open;
        };
        match target {
            Target::Service(service) => Route::Protected(target, service.access(method)),
            Target::Product(mount) => {
                let operation = mount.operation(method, path);
                if operation.is_some_and(|operation| operation.is_public) {
                    return Route::Public(target);
                }
                Route::Protected(target, mount.access(operation))
            }
        }
    }

    fn target(&self, path: &str) -> Option<Target<'_>> {
        let mounts = self.mounts.iter().map(Target::Product);
        let services = self.services.iter().map(Target::Service);
        mounts
            .chain(services)
            .find(|target| below(target.prefix(), path).is_some())
    }
}

impl<'t> Target<'t> {
    /// Its prefix.
    pub fn prefix(self) -> &'t str {
        match self {
            Self::Product(mount) => &mount.prefix,
            Self::Service(service) => &service.prefix,
        }
    }

    /// The shape of its errors.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Product(mount) => mount.dialect,
            Self::Service(_) => Dialect::Network,
        }
    }

    /// Refuses what is not there, once a key has been shown.
    pub(crate) fn check(self, method: &Method, path: &str) -> Result<(), Refusal> {
        match self {
            Self::Product(mount) => mount.check(method, path),
            Self::Service(service) => service.check_method(method),
        }
    }
}

impl Mount {
    fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        let rest = below(&self.prefix, path)?;
        let mut operations = self.operations.iter();
        operations.find(|operation| operation.matches(method, rest))
    }

    fn access(&self, operation: Option<&Operation>) -> Access {
        Access {
            audience: self.audience,
            permission: operation.and_then(|operation| operation.permission),
            environments: self.environments,
            is_metered: operation.is_some_and(|operation| operation.is_metered),
            limits_address: self.limits_address,
            ..Access::ANY
        }
    }

    fn check(&self, method: &Method, path: &str) -> Result<(), Refusal> {
        if self.operation(method, path).is_some() {
            return Ok(());
        }
        let rest = below(&self.prefix, path).unwrap_or_default();
        let answered = self.operations.iter().filter(|operation| {
            let method = Method::from_bytes(operation.method.as_bytes());
            method.is_ok_and(|method| operation.matches(&method, rest))
        });
        let allow = allow(answered.map(|operation| operation.method));
        Err(if allow.is_empty() {
            Refusal::error(ErrorCode::NotFound)
        } else {
            Refusal::method_not_allowed(allow)
        })
    }
}

/// What follows `prefix` in `path`, if the path is at or below it.
fn below<'p>(prefix: &str, path: &'p str) -> Option<&'p str> {
    let rest = path.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

#[cfg(test)]
mod tests;
