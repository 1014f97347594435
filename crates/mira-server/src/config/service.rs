//! `[[service]]`: an upstream behind the gateway, and the keys it is for.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::ops::Range;

use http::Method;
use http::uri::Scheme;
use mira_core::{Audience, Environment, Environments, Permission};
use mira_gateway::{HeaderRules, HttpVersions, Timeouts, check_path};
use mira_key::ServiceName;
use serde::Deserialize;
use toml::Spanned;

use super::error::{ConfigError, Fault, Source};
use super::file_name::FileName;
use super::http_url::Origin;
use super::parsed::Parsed;
use super::service_headers::HeaderTexts;
use super::upstream::{TimeoutsTable, TlsFiles, UpstreamConfig};

/// One `[[service]]`.
#[derive(Debug, Clone)]
pub struct ServiceConfig {
    /// Its name, which is in the keys of an app service.
    pub name: ServiceName,
    /// The prefix of its paths, without a slash at its end. It is kept when a
    /// request is forwarded.
    pub prefix: String,
    /// Where requests are forwarded to, and how.
    pub upstream: UpstreamConfig,
    /// The keys it is for.
    pub audience: Audience,
    /// The environments it accepts.
    pub environments: Environments,
    /// The methods it answers, and what an organization key needs for each; the
    /// permission means nothing to app keys, which carry none. Absent: all methods.
    pub methods: Option<Vec<(Method, Permission)>>,
    /// Whether the app must have a balance.
    pub is_metered: bool,
    /// The limits of its keys that have none of their own; absent means those of
    /// all app keys.
    pub rate_limit: Option<ServiceLimits>,
    /// What is added to requests and taken out of answers.
    pub headers: HeaderRules,
    tls_files: TlsFiles,
    header_texts: HeaderTexts,
}

/// `rate_limit = { … }`: absent is what holds for all app keys, and 0 is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceLimits {
    /// Requests per minute and key.
    pub per_minute: Option<u32>,
    /// Requests per UTC day and key.
    pub per_day: Option<u32>,
}

/// One `[[service]]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceTable {
    name: Option<Spanned<Parsed<ServiceName>>>,
    prefix: Spanned<String>,
    upstream: Parsed<Origin>,
    key: Option<Spanned<KeyWord>>,
    environments: Option<Spanned<Vec<Parsed<Environment>>>>,
    methods: Option<BTreeMap<Spanned<String>, Parsed<Permission>>>,
    metered: Option<Spanned<bool>>,
    rate_limit: Option<Spanned<ServiceLimits>>,
    max_concurrent: Option<NonZeroU32>,
    #[serde(default)]
    timeouts: TimeoutsTable,
    http2: Option<bool>,
    ca: Option<FileName>,
    client_cert: Option<FileName>,
    client_key: Option<FileName>,
    #[serde(default)]
    set_headers: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    remove_headers: Vec<Spanned<String>>,
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
        let prefix_span = table.prefix.span();
        let name_span = table
            .name
            .as_ref()
            .map_or(prefix_span.clone(), Spanned::span);
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

impl ServiceConfig {
    /// Looks up what it names: files and variables.
    pub(super) fn load(
        &mut self,
        source: &Source<'_>,
        environment: &BTreeMap<String, String>,
    ) -> Result<(), ConfigError> {
        self.upstream.load(&self.tls_files, source)?;
        let rules = self.header_texts.rules(environment, source.folder());
        self.headers = rules.map_err(|fault| source.error(fault))?;
        Ok(())
    }
}

impl ServiceTable {
    fn check(self) -> Result<ServiceConfig, Fault> {
        self.check_prefix()?;
        let name = self.check_name()?;
        let is_metered = self.check_metered()?;
        let environments = self.check_environments()?;
        let methods = self.check_methods()?;
        let rate_limit = self.check_rate_limit()?;
        self.check_tls_files()?;
        let audience = match self.key() {
            KeyWord::App => Audience::Service(name),
            KeyWord::Organization => Audience::Organization,
        };
        let versions = HttpVersions::of_setting(self.http2);
        let timeouts = Timeouts::from(self.timeouts);
        let origin = self.upstream.0;
        Ok(ServiceConfig {
            name,
            prefix: self.prefix.into_inner(),
            upstream: UpstreamConfig::new(origin, timeouts, versions, self.max_concurrent),
            audience,
            environments,
            methods,
            is_metered,
            rate_limit,
            headers: HeaderRules::default(),
            tls_files: TlsFiles {
                ca: self.ca,
                client_cert: self.client_cert,
                client_key: self.client_key,
            },
            header_texts: HeaderTexts::check(self.set_headers, self.remove_headers)?,
        })
    }

    fn key(&self) -> KeyWord {
        self.key.as_ref().map_or(KeyWord::App, |key| *key.get_ref())
    }

    /// Where `key` is written, or would be.
    fn key_span(&self) -> Range<usize> {
        self.key.as_ref().map_or(self.prefix.span(), Spanned::span)
    }

    /// The name, or what the prefix makes of it.
    fn check_name(&self) -> Result<ServiceName, Fault> {
        let (name, span) = if let Some(name) = &self.name {
            (name.get_ref().0, name.span())
        } else {
            let prefix = self.prefix.get_ref().trim_start_matches('/');
            let name = prefix.replace('/', "-").parse::<ServiceName>();
            let name = name.map_err(|reason| {
                let reason = format!("the prefix makes no name, so name is needed: {reason}");
                Fault::new(self.prefix.span(), reason)
            })?;
            (name, self.prefix.span())
        };
        if BUILT_IN.contains(&name) {
            return Err(Fault::new(span, format!("\"{name}\" is built in")));
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
            Some(metered) if *metered.get_ref() && self.key() == KeyWord::Organization => {
                let reason = "only apps have a balance; use key = \"app\"";
                Err(Fault::new(metered.span(), reason))
            }
            metered => Ok(metered.as_ref().is_some_and(|metered| *metered.get_ref())),
        }
    }

    fn check_rate_limit(&self) -> Result<Option<ServiceLimits>, Fault> {
        match &self.rate_limit {
            Some(limits) if self.key() == KeyWord::Organization => {
                let reason = "an organization key has one window for all that it opens; \
                              use [limits] organization_key_per_minute";
                Err(Fault::new(limits.span(), reason))
            }
            limits => Ok(limits.as_ref().map(|limits| *limits.get_ref())),
        }
    }

    fn check_tls_files(&self) -> Result<(), Fault> {
        let is_https = self.upstream.0.as_uri().scheme() == Some(&Scheme::HTTPS);
        let files = [&self.ca, &self.client_cert, &self.client_key];
        let alone = match (&self.client_cert, &self.client_key) {
            (Some(cert), None) => Some((cert, "client_key is missing")),
            (None, Some(key)) => Some((key, "client_cert is missing")),
            _ => None,
        };
        let wrong = match files.into_iter().flatten().next() {
            Some(file) if !is_https => Some((file, "only an https upstream has certificates")),
            _ => alone,
        };
        wrong.map_or(Ok(()), |(file, reason)| {
            Err(Fault::new(file.span(), reason))
        })
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
            return match self.key() {
                KeyWord::App => Ok(None),
                KeyWord::Organization => {
                    let reason =
                        "a service for organization keys needs methods = { GET = \"read\", … }";
                    Err(Fault::new(self.key_span(), reason))
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

#[cfg(test)]
mod tests;
