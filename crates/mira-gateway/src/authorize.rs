//! The one decision of every door: may this request do that, there?

use std::net::IpAddr;

use http::{HeaderMap, Method};
use mira_core::{Access, Grant};
use mira_tower::Guard;
use mira_wire::Refusal;

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

/// Decides whether a request from `address` with these `headers` may use
/// `method` on `path`, which is without its query; charges the windows if its key
/// is good for it. The server, the doors and the gateway all ask here, so they
/// all answer the same.
pub async fn authorize<'t>(
    routes: &'t RouteTable,
    guard: &Guard,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    address: IpAddr,
) -> Result<Authorized<'t>, Refusal> {
    check_path(path).map_err(|error| Refusal::invalid(error.to_string()))?;
    let (target, access) = match routes.find(method, path) {
        Route::Open => return Ok(Authorized::Open),
        Route::Public(target) => return Ok(Authorized::Public(target)),
        Route::Protected(target, access) => (target, access),
    };
    let access = Access {
        address: Some(address),
        ..access
    };
    let grant = guard.admit(headers, &access).await?;
    // The key came first: only its bearer learns what is not there.
    target
        .check(method, path)
        .map_err(|refusal| refusal.with_quota(grant.quota()))?;
    Ok(Authorized::Granted(target, grant))
}
