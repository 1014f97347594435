//! The services behind the gateway, from what the operator wrote.

use std::sync::Arc;

use mira_gateway::{RouteTable, Service, Timeouts, Upstream};

use crate::ServeError;
use crate::config::{Config, ServiceConfig};
use crate::products;

/// The route table of the products and of the configured services. A service
/// whose upstream stays keeps the connections that `before` has to it.
pub(crate) fn route_table(config: &Config, before: &RouteTable) -> Result<RouteTable, ServeError> {
    let services = config
        .services
        .iter()
        .map(|service| configured(service, before))
        .collect::<Result<_, _>>()?;
    Ok(products::routes().with_services(services))
}

fn configured(service: &ServiceConfig, before: &RouteTable) -> Result<Service, ServeError> {
    let origin = service.upstream.as_uri();
    let kept = before
        .services()
        .iter()
        .find(|known| known.upstream.origin() == origin);
    let upstream = if let Some(known) = kept {
        Arc::clone(&known.upstream)
    } else {
        let upstream = Upstream::new(origin, Timeouts::default());
        Arc::new(upstream.map_err(|_| ServeError::Upstream {
            service: service.name,
        })?)
    };
    Ok(Service {
        name: service.name,
        prefix: service.prefix.clone(),
        upstream,
        audience: service.audience,
        environments: service.environments,
        methods: service.methods.clone(),
        is_metered: service.is_metered,
    })
}
