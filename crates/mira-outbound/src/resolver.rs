//! Host names to addresses, by the operating system. A type of our own, so that
//! a name without an address is told apart from a host that does not answer,
//! and so that rules about addresses hold for what is connected to: a name that
//! is looked up twice may lead elsewhere the second time.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

use crate::AddressRules;

/// Asks the operating system for the addresses of a host.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    system: GaiResolver,
    /// Absent where every address may be reached.
    rules: Option<Arc<AddressRules>>,
}

/// There is no address for the name that may be connected to.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum NoAddress {
    /// The operating system knows none.
    #[error("the host name cannot be resolved")]
    Unresolved,
    /// The rules allow none.
    #[error("the host's addresses are not allowed")]
    Forbidden,
}

impl Resolver {
    pub(crate) fn new(rules: Option<Arc<AddressRules>>) -> Self {
        Self {
            system: GaiResolver::new(),
            rules,
        }
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = NoAddress;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NoAddress>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), NoAddress>> {
        let ready = self.system.poll_ready(context);
        ready.map_err(|_| NoAddress::Unresolved)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (resolving, rules) = (self.system.call(name), self.rules.clone());
        Box::pin(async move {
            let found = resolving.await.map_err(|_| NoAddress::Unresolved)?;
            let allowed: Vec<_> = found
                .filter(|address| {
                    let rules = rules.as_ref();
                    rules.is_none_or(|rules| rules.allow(address.ip()))
                })
                .collect();
            if allowed.is_empty() {
                return Err(NoAddress::Forbidden);
            }
            Ok(allowed.into_iter())
        })
    }
}
