//! Envoy's door over gRPC: `envoy.service.auth.v3.Authorization/Check`.
//!
//! One unary call with one answer needs no gRPC framework: the call is an HTTP/2
//! request with a message of five bytes' frame, and [`answer`] is a function from
//! such a request to such an answer. The messages are the part of Envoy's API that
//! is read or written here; unknown fields are skipped, as protobuf wants it.

mod call;
mod check;
mod message;
mod verdict;

use std::net::IpAddr;

use axum::body::Body;
use http::{Request, Response};
use mira_gateway::RouteTable;
use mira_tower::{Guard, Peer};
use mira_wire::RequestId;

use crate::call::{Failure, read_message, respond};
use crate::check::Question;
use crate::message::CheckRequest;

/// The one call that is answered.
const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
const SERVICE: &str = "/envoy.service.auth.v3.Authorization/";

/// Whether `request` calls this service. Calls of other services are gRPC of
/// somebody else, who may stand behind the gateway.
pub fn is_call<B>(request: &Request<B>) -> bool {
    request.uri().path().starts_with(SERVICE) && call::is_grpc(request.headers())
}

/// Answers a call from `peer`. What it says of the client's address counts if the
/// peer is trusted.
pub async fn answer(
    request: Request<Body>,
    routes: &RouteTable,
    guard: &Guard,
    peer: Peer,
    is_trusted: impl Fn(IpAddr) -> bool,
    request_id: RequestId,
) -> Response<Body> {
    if request.uri().path() != CHECK {
        return Failure::UnknownMethod.into_response();
    }
    let check: CheckRequest = match read_message(request).await {
        Ok(check) => check,
        Err(failure) => return failure.into_response(),
    };
    let verdict = match Question::read(&check) {
        Ok(question) => {
            let address = question.client_address(peer, is_trusted);
            question.decide(routes, guard, address, request_id).await
        }
        Err(refusal) => verdict::denied(&refusal, mira_wire::Dialect::Network, request_id),
    };
    respond(&verdict)
}

#[cfg(test)]
mod tests;
