//! Limits of services that have limits of their own.

use std::collections::BTreeSet;

use mira_core::{KeyKind, Rule};
use mira_key::ServiceName;
use papaya::HashMap;

use crate::Verifier;
use crate::terms::Terms;

/// The limits of the keys of each such service.
#[derive(Default)]
pub(crate) struct ServiceLimits(HashMap<ServiceName, Rule>);

impl Verifier {
    /// From now on the keys of these services, where they have no limit of their
    /// own, have these instead of those of all app keys. Services that are not
    /// among them have the latter again.
    pub fn set_service_limits(&self, limits: &[(ServiceName, Rule)]) {
        let known = self.service_limits.0.pin();
        for (service, rule) in limits {
            known.insert(*service, *rule);
        }
        let stays: BTreeSet<ServiceName> = limits.iter().map(|(service, _)| *service).collect();
        known.retain(|service, _| stays.contains(service));
    }

    /// The rule that holds for a key.
    pub(crate) fn rule(&self, terms: &Terms) -> Rule {
        match terms.kind {
            // The built-in services have the installation's limits.
            KeyKind::App { service, .. }
                if service != ServiceName::VERIFY && service != ServiceName::INFERENCE =>
            {
                let known = self.service_limits.0.pin();
                let own = known.get(&service);
                own.map_or_else(
                    || self.limits.rule(terms),
                    |own| terms.rate_limit.over(*own),
                )
            }
            _ => self.limits.rule(terms),
        }
    }
}
