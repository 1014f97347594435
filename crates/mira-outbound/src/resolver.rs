//! Host names to addresses, by the operating system. A type of our own, so that
//! a name without an address is told apart from a host that does not answer,
//! and so that rules about addresses have a place to stand.

use std::io;
use std::task::{Context, Poll};

use futures_util::TryFutureExt;
use futures_util::future::MapErr;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiFuture, GaiResolver, Name};
use tower_service::Service;

/// Asks the operating system for the addresses of a host.
#[derive(Clone, Debug)]
pub(crate) struct Resolver(GaiResolver);

/// The operating system knows no address for the name.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the host name cannot be resolved")]
pub(crate) struct Unresolved;

impl Resolver {
    pub(crate) fn new() -> Self {
        Self(GaiResolver::new())
    }
}

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = Unresolved;
    type Future = MapErr<GaiFuture, fn(io::Error) -> Unresolved>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Unresolved>> {
        self.0.poll_ready(context).map_err(unresolved)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        self.0.call(name).map_err(unresolved)
    }
}

fn unresolved(_: io::Error) -> Unresolved {
    Unresolved
}
