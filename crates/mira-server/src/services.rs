//! The services behind the gateway, from what the operator wrote.

use std::sync::Arc;

use mira_core::{Audience, Rule};
use mira_gateway::{RouteTable, Service, Upstream};
use mira_key::ServiceName;

use crate::ServeError;
use crate::config::{Config, ServiceConfig, ServiceLimits, UpstreamConfig};
use crate::products;

/// The upstreams of an installation, and what was written of each. One that stays
/// as it is keeps its connections when the configuration is read again.
#[derive(Default)]
pub(crate) struct Upstreams(Vec<Known>);

#[derive(Clone)]
struct Known {
    service: ServiceName,
    config: UpstreamConfig,
    upstream: Arc<Upstream>,
}

impl Upstreams {
    /// The upstreams of `config`, those that stay among them.
    pub(crate) fn follow(&self, config: &Config) -> Result<Self, ServeError> {
        let services = config.services.iter();
        services
            .map(|service| self.known(service))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn known(&self, service: &ServiceConfig) -> Result<Known, ServeError> {
        let stays =
            |known: &&Known| known.service == service.name && known.config == service.upstream;
        if let Some(known) = self.0.iter().find(stays) {
            return Ok(known.clone());
        }
        let unusable = || ServeError::Upstream {
            service: service.name,
        };
        let options = service.upstream.options().map_err(|_| unusable())?;
        let upstream = Upstream::new(service.upstream.origin.as_uri(), options);
        Ok(Known {
            service: service.name,
            config: service.upstream.clone(),
            upstream: Arc::new(upstream.map_err(|_| unusable())?),
        })
    }
}

/// The route table of the products and of the configured services.
pub(crate) fn route_table(config: &Config, upstreams: &Upstreams) -> RouteTable {
    // Each service has its upstream at the same place.
    let services = config.services.iter().zip(&upstreams.0);
    let services = services.map(|(service, known)| Service {
        name: service.name,
        prefix: service.prefix.clone(),
        upstream: Arc::clone(&known.upstream),
        audience: service.audience,
        environments: service.environments,
        methods: service.methods.clone(),
        is_metered: service.is_metered,
        headers: service.headers.clone(),
    });
    products::routes().with_services(services.collect())
}

/// The limits of each service that has limits of its own.
pub(crate) fn limits(config: &Config) -> Vec<(ServiceName, Rule)> {
    let services = config.services.iter();
    let limited = services.filter(|service| matches!(service.audience, Audience::Service(_)));
    limited
        .filter_map(|service| Some((service.name, rule(service.rate_limit?, config))))
        .collect()
}

fn rule(limits: ServiceLimits, config: &Config) -> Rule {
    let or_default = |limit: Option<u32>, default| limit.map_or(default, std::num::NonZeroU32::new);
    Rule {
        per_minute: or_default(limits.per_minute, config.limits.app_key_per_minute),
        per_day: or_default(limits.per_day, config.limits.app_key_per_day),
    }
}
