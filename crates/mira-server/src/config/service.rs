//! `[[service]]`: an upstream behind the gateway, and the keys it is for.

use std::collections::BTreeMap;

use http::Method;
use mira_core::{Audience, Environment, Environments, Permission};
use mira_gateway::check_path;
use mira_key::ServiceName;
use serde::Deserialize;
use toml::Spanned;

use super::error::Fault;
use super::http_url::Origin;
use super::parsed::Parsed;

/// One `[[service]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceConfig {
    /// Its name, which is in the keys of an app service.
    pub name: ServiceName,
    /// The prefix of its paths, without a slash at its end. It is kept when a
    /// request is forwarded.
    pub prefix: String,
    /// Where requests are forwarded to.
    pub upstream: Origin,
    /// The keys it is for.
    pub audience: Audience,
    /// The environments it accepts.
    pub environments: Environments,
    /// The methods it answers, and what an organization key needs for each; the
    /// permission means nothing to app keys, which carry none. Absent: all methods.
    pub methods: Option<Vec<(Method, Permission)>>,
    /// Whether the app must have a balance.
    pub is_metered: bool,
}

/// One `[[service]]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceTable {
    name: Spanned<Parsed<ServiceName>>,
    prefix: Spanned<String>,
    upstream: Parsed<Origin>,
    key: Spanned<KeyWord>,
    environments: Option<Spanned<Vec<Parsed<Environment>>>>,
    methods: Option<BTreeMap<Spanned<String>, Parsed<Permission>>>,
    metered: Option<Spanned<bool>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KeyWord {
    App,
    Organization,
}

const BUILT_IN: [ServiceName; 3] = [
    ServiceName::VERIFY,
    ServiceName::INFERENCE,
    ServiceName::CONSOLE,
];

/// What this server answers itself, beside its pages.
const OWN_PREFIXES: &[&str] = &[
    "/v1",
    "/api",
    "/verify",
    "/inference",
    "/authz",
    "/envoy.service.auth.v3.Authorization",
    "/docs",
    "/healthz",
    "/readyz",
    "/metrics",
];

/// Checks each service, and that no two have one name or paths in common.
pub(super) fn check(tables: Vec<ServiceTable>) -> Result<Vec<ServiceConfig>, Fault> {
    let mut services: Vec<ServiceConfig> = Vec::new();
    for table in tables {
        let (name_span, prefix_span) = (table.name.span(), table.prefix.span());
        let service = table.check()?;
        for other in &services {
            if other.name == service.name {
                let reason = format!("another service is called \"{}\"", other.name);
                return Err(Fault::new(name_span, reason));
            }
            if overlap(&other.prefix, &service.prefix) {
                let reason = format!(
                    "the prefix overlaps {} of the service \"{}\"",
                    other.prefix, other.name
                );
                return Err(Fault::new(prefix_span, reason));
            }
        }
        services.push(service);
    }
    Ok(services)
}

impl ServiceTable {
    fn check(self) -> Result<ServiceConfig, Fault> {
        let name = self.check_name()?;
        self.check_prefix()?;
        let is_metered = self.check_metered()?;
        let environments = self.check_environments()?;
        let methods = self.check_methods()?;
        Ok(ServiceConfig {
            name,
            prefix: self.prefix.into_inner(),
            upstream: self.upstream.0,
            audience: match self.key.into_inner() {
                KeyWord::App => Audience::Service(name),
                KeyWord::Organization => Audience::Organization,
            },
            environments,
            methods,
            is_metered,
        })
    }

    fn check_name(&self) -> Result<ServiceName, Fault> {
        let Parsed(name) = *self.name.get_ref();
        if BUILT_IN.contains(&name) {
            let reason = format!("\"{name}\" is built in");
            return Err(Fault::new(self.name.span(), reason));
        }
        Ok(name)
    }

    fn check_prefix(&self) -> Result<(), Fault> {
        let prefix = self.prefix.get_ref();
        let fault = |reason: &str| Err(Fault::new(self.prefix.span(), reason));
        if let Err(reason) = check_path(prefix) {
            return fault(&reason.to_string());
        }
        if prefix.ends_with('/') || prefix.contains("//") {
            return fault(
                "a prefix has at least one segment, none of them empty, and no slash at its end",
            );
        }
        if !prefix.bytes().all(|byte| byte.is_ascii_graphic()) || prefix.contains(['?', '#']) {
            return fault("a prefix is a path, without spaces, query and fragment");
        }
        let mut own = OWN_PREFIXES.iter().chain(mira_dashboard::PREFIXES);
        match own.find(|own| overlap(own, prefix)) {
            Some(own) => fault(&format!("the prefix overlaps {own} of this server")),
            None => Ok(()),
        }
    }

    fn check_metered(&self) -> Result<bool, Fault> {
        match &self.metered {
            Some(metered) if *metered.get_ref() && *self.key.get_ref() == KeyWord::Organization => {
                let reason = "only apps have a balance; use key = \"app\"";
                Err(Fault::new(metered.span(), reason))
            }
            metered => Ok(metered.as_ref().is_some_and(|metered| *metered.get_ref())),
        }
    }

    fn check_environments(&self) -> Result<Environments, Fault> {
        let Some(environments) = &self.environments else {
            return Ok(Environments::ALL);
        };
        if environments.get_ref().is_empty() {
            let reason = "at least one environment is expected; leave it out for all";
            return Err(Fault::new(environments.span(), reason));
        }
        let words = environments.get_ref().iter();
        Ok(words.map(|Parsed(environment)| *environment).collect())
    }

    fn check_methods(&self) -> Result<Option<Vec<(Method, Permission)>>, Fault> {
        let Some(methods) = &self.methods else {
            return match self.key.get_ref() {
                KeyWord::App => Ok(None),
                KeyWord::Organization => {
                    let reason =
                        "a service for organization keys needs methods = { GET = \"read\", … }";
                    Err(Fault::new(self.key.span(), reason))
                }
            };
        };
        let methods = methods.iter().map(|(name, Parsed(permission))| {
            let method = parse_method(name.get_ref());
            method.map(|method| (method, *permission)).ok_or_else(|| {
                Fault::new(name.span(), "a method is written in capitals, such as GET")
            })
        });
        methods.collect::<Result<_, _>>().map(Some)
    }
}

fn parse_method(name: &str) -> Option<Method> {
    let is_capital = name.bytes().all(|byte| byte.is_ascii_uppercase());
    let method = Method::from_bytes(name.as_bytes()).ok();
    method.filter(|_| is_capital)
}

/// Whether one of two paths lies at or below the other.
fn overlap(one: &str, other: &str) -> bool {
    let below = |path: &str, prefix: &str| {
        let rest = path.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    below(one, other) || below(other, one)
}
