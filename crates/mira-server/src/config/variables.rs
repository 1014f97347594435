//! The `MIRA_…` variables that override members of the file.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::de::value::{Error, U64Deserializer};
use serde::de::{Error as _, IntoDeserializer};

use super::Config;
use super::error::ConfigError;
use super::file_name::FileName;
use super::network::timeout_secs;
use super::parsed::limit;
use super::server::{SocketMode, drain_secs};
use super::store::lease_ms;

/// A variable, and how its text changes the configuration.
type Variable = (&'static str, fn(&mut Config, &str) -> Result<(), String>);

const VARIABLES: &[Variable] = &[
    ("MIRA_LISTEN", |config, text| {
        set(&mut config.server.listen, text.parse())
    }),
    ("MIRA_SERVER_SOCKET_MODE", |config, text| {
        let mode = text.parse().map(|SocketMode(mode)| mode);
        set(&mut config.server.socket_mode, mode)
    }),
    ("MIRA_SERVER_TLS_CERT", |config, text| {
        let name = FileName::of_variable("MIRA_SERVER_TLS_CERT", text);
        config.server.tls_cert = Some(name);
        Ok(())
    }),
    ("MIRA_SERVER_TLS_KEY", |config, text| {
        let name = FileName::of_variable("MIRA_SERVER_TLS_KEY", text);
        config.server.tls_key = Some(name);
        Ok(())
    }),
    ("MIRA_SERVER_TRUSTED_PROXIES", |config, text| {
        set(&mut config.server.trusted_proxies, text.parse())
    }),
    ("MIRA_SERVER_DRAIN_SECS", |config, text| {
        set(
            &mut config.server.drain_secs,
            whole(text).and_then(drain_secs),
        )
    }),
    ("MIRA_SERVER_PUBLIC_URL", |config, text| {
        set(&mut config.server.public_url, text.parse().map(Some))
    }),
    ("MIRA_STORE_LEASE_MS", |config, text| {
        set(&mut config.store.lease_ms, whole(text).and_then(lease_ms))
    }),
    ("MIRA_NETWORK_TIMEOUT_SECS", |config, text| {
        set(
            &mut config.network.timeout_secs,
            whole(text).and_then(timeout_secs),
        )
    }),
    ("MIRA_LIMITS_ADDRESS_PER_MINUTE", |config, text| {
        set(
            &mut config.limits.address_per_minute,
            whole(text).and_then(limit),
        )
    }),
    ("MIRA_LIMITS_ORGANIZATION_KEY_PER_MINUTE", |config, text| {
        set(
            &mut config.limits.organization_key_per_minute,
            whole(text).and_then(limit),
        )
    }),
    ("MIRA_LIMITS_APP_KEY_PER_MINUTE", |config, text| {
        set(
            &mut config.limits.app_key_per_minute,
            whole(text).and_then(limit),
        )
    }),
    ("MIRA_LIMITS_APP_KEY_PER_DAY", |config, text| {
        set(
            &mut config.limits.app_key_per_day,
            whole(text).and_then(limit),
        )
    }),
    ("MIRA_LIMITS_CONSOLE_PER_MINUTE", |config, text| {
        set(
            &mut config.limits.console_per_minute,
            whole(text).and_then(limit),
        )
    }),
];

impl Config {
    /// Overrides members by variables. An empty variable is none.
    pub(super) fn apply(
        &mut self,
        environment: &BTreeMap<String, String>,
    ) -> Result<(), ConfigError> {
        for (name, set) in VARIABLES {
            if let Some(text) = environment.get(*name).filter(|text| !text.is_empty()) {
                set(self, text).map_err(|reason| ConfigError::Setting { name, reason })?;
            }
        }
        Ok(())
    }
}

fn set<T>(member: &mut T, value: Result<T, impl Display>) -> Result<(), String> {
    *member = value.map_err(|reason| reason.to_string())?;
    Ok(())
}

/// A number, for the same checks that it goes through in the file.
fn whole(text: &str) -> Result<U64Deserializer<Error>, Error> {
    let number: Result<u64, _> = text.parse();
    let number = number.map_err(|_| Error::custom("a whole number is expected"))?;
    Ok(number.into_deserializer())
}
