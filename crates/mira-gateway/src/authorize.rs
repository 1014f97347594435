//! The one decision of every door: may this request do that, there?

use std::net::IpAddr;

use http::{HeaderMap, Method};
use mira_core::{Access, Grant};
use mira_tower::Guard;
use mira_wire::{Refusal, RequestId};

use crate::{Route, RouteTable, Target, check_path};

/// What a request may do.
#[derive(Debug)]
pub enum Authorized<'t> {
    /// Go on to a page, the console or nothing; no key was asked for.
    Open,
    /// Use an operation that is open to everybody.
    Public(Target<'t>),
    /// Use what its key opens.
    Granted(Target<'t>, Grant),
}

/// What is asked of a route.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// The method.
    pub method: &'q Method,
    /// The path, without its query.
    pub path: &'q str,
    /// The fields, with the key among them.
    pub headers: &'q HeaderMap,
    /// Where the client is.
    pub address: IpAddr,
    /// The request's id.
    pub request_id: RequestId,
}

/// Decides whether a request may do what `question` asks; charges the windows if its
/// key is good for it. The server, the doors and the gateway all ask here, so they
/// all answer the same.
pub async fn authorize<'t>(
    routes: &'t RouteTable,
    guard: &Guard,
    question: &Question<'_>,
) -> Result<Authorized<'t>, Refusal> {
    match question.route(routes)? {
        Routed::Settled(authorized) => Ok(authorized),
        Routed::Protected(target, access) => {
            let grant = guard
                .admit(question.headers, &access, question.request_id)
                .await?;
            question.enter(target, grant)
        }
    }
}

/// The same, if memory alone holds the answer. Nothing is charged if it does not.
pub(crate) fn authorize_at_once<'t>(
    routes: &'t RouteTable,
    guard: &Guard,
    question: &Question<'_>,
) -> Option<Result<Authorized<'t>, Refusal>> {
    let (target, access) = match question.route(routes) {
        Ok(Routed::Settled(authorized)) => return Some(Ok(authorized)),
        Ok(Routed::Protected(target, access)) => (target, access),
        Err(refusal) => return Some(Err(refusal)),
    };
    let admitted = guard.admit_at_once(question.headers, &access, question.request_id)?;
    Some(admitted.and_then(|grant| question.enter(target, grant)))
}

/// What can be said before a key was looked at.
enum Routed<'t> {
    Settled(Authorized<'t>),
    Protected(Target<'t>, Access),
}

impl Question<'_> {
    fn route<'t>(&self, routes: &'t RouteTable) -> Result<Routed<'t>, Refusal> {
        check_path(self.path).map_err(|error| Refusal::invalid(error.to_string()))?;
        Ok(match routes.find(self.method, self.path) {
            Route::Open => Routed::Settled(Authorized::Open),
            Route::Public(target) => Routed::Settled(Authorized::Public(target)),
            Route::Protected(target, access) => {
                let address = Some(self.address);
                Routed::Protected(target, Access { address, ..access })
            }
        })
    }

    /// The key came first: only its bearer learns what is not there.
    fn enter<'t>(&self, target: Target<'t>, grant: Grant) -> Result<Authorized<'t>, Refusal> {
        target
            .check(self.method, self.path)
            .map_err(|refusal| refusal.with_quota(grant.quota()))?;
        Ok(Authorized::Granted(target, grant))
    }
}
