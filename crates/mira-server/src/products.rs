//! The products behind the keys: their routes and what each route demands.

use std::sync::Arc;

use axum::Router;
use mira_core::{Audience, Environments};
use mira_gateway::{Mount, RouteTable};
use mira_key::ServiceName;
use mira_meetings::Meetings;
use mira_network::Network;
use mira_wire::{Dialect, ErrorCode, Operation, Refusal};

/// The route table of both products.
pub(crate) fn routes() -> RouteTable {
    let network = |prefix: &str, service, operations: &[Operation]| Mount {
        prefix: prefix.to_owned(),
        dialect: Dialect::Network,
        audience: Audience::Service(service),
        environments: Environments::ALL,
        limits_address: false,
        operations: operations.to_vec(),
    };
    RouteTable::new(vec![
        Mount {
            prefix: mira_meetings::PREFIX.to_owned(),
            dialect: Dialect::MiraApi,
            audience: Audience::Organization,
            environments: Environments::ALL,
            limits_address: true,
            operations: mira_meetings::OPERATIONS.to_vec(),
        },
        network(
            mira_network::VERIFY_PREFIX,
            ServiceName::VERIFY,
            mira_network::VERIFY_OPERATIONS,
        ),
        network(
            mira_network::INFERENCE_PREFIX,
            ServiceName::INFERENCE,
            mira_network::INFERENCE_OPERATIONS,
        ),
    ])
}

/// The services whose use is paid for.
pub(crate) const METERED: [ServiceName; 2] = [ServiceName::VERIFY, ServiceName::INFERENCE];

/// What answers below the prefixes of [`routes`].
pub(crate) fn router(meetings: Arc<Meetings>, network: Arc<Network>) -> Router {
    mira_meetings::router(meetings)
        .merge(mira_network::verify_router(Arc::clone(&network)))
        .merge(mira_network::inference_router(network))
        .fallback(async || Refusal::error(ErrorCode::NotFound))
}
