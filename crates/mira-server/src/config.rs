//! What an operator decides: `mira.toml`, the `MIRA_…` variables over it, and the
//! flags over both. Everything is checked before anything listens, and whatever
//! is wrong is named with its file, line and column.
//!
//! A member `name` of a table `[table]` is overridden by `MIRA_TABLE_NAME`, such
//! as `MIRA_LIMITS_APP_KEY_PER_MINUTE` or `MIRA_SERVER_DRAIN_SECS`; a list is
//! written with commas. A flag has the variable `MIRA_FLAG`, so the one member
//! with a flag of its own, `listen`, is `MIRA_LISTEN`. Services and models stand
//! in the file alone.

mod error;
mod file_name;
mod http_url;
mod limits;
mod listen;
mod model;
mod network;
mod parsed;
mod pem;
mod server;
mod service;
mod service_headers;
mod store;
#[cfg(test)]
mod tests;
mod tls;
mod upstream;
mod variables;
mod webhooks;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

pub use error::ConfigError;
pub use limits::LimitsConfig;
pub use listen::{Listen, ListenList};
pub use model::ModelConfig;
pub use network::ModelPanelConfig;
pub use server::{ServerConfig, TrustedProxies};
pub use service::{ServiceConfig, ServiceLimits};
pub use store::StoreConfig;
pub use upstream::UpstreamConfig;
pub use webhooks::WebhooksConfig;

use error::{Fault, Source};
use listen::ParseListenError;
use model::ModelTable;
use service::ServiceTable;

/// The configuration of one node.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Listening, addresses and shutdown.
    pub server: ServerConfig,
    /// The node and its store.
    pub store: StoreConfig,
    /// The installation's limits.
    pub limits: LimitsConfig,
    /// How models are asked.
    pub network: ModelPanelConfig,
    /// Where webhooks may be sent.
    pub webhooks: WebhooksConfig,
    /// The services behind the gateway.
    pub services: Vec<ServiceConfig>,
    /// The models behind the network, in the order in which they are asked.
    pub models: Vec<ModelConfig>,
}

/// The file as it is written.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    server: ServerConfig,
    store: StoreConfig,
    limits: LimitsConfig,
    network: ModelPanelConfig,
    webhooks: WebhooksConfig,
    service: Vec<ServiceTable>,
    model: Vec<ModelTable>,
}

impl Config {
    /// Reads the text of a configuration file; errors call the file `name`. Other
    /// files and variables that it names are not looked up: only
    /// [`load`](Self::load) knows them.
    pub fn parse(text: &str, name: &str) -> Result<Self, ConfigError> {
        let source = Source { name, text };
        Self::of_toml(text).map_err(|fault| source.error(fault))
    }

    /// What the file at `path` says, if there is one, without the variables: for
    /// commands that answer no request.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, ConfigError> {
        let (name, text) = read_file(path)?;
        Self::parse(&text, &name)
    }

    /// The configuration that holds: the file at `path` if there is one, the
    /// variables over it, and the flag `--listen` over both.
    pub fn load(
        path: Option<&Path>,
        environment: &BTreeMap<String, String>,
        listen: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let (name, text) = read_file(path)?;
        let source = Source {
            name: &name,
            text: &text,
        };
        let mut config = Self::parse(&text, &name)?;
        for model in &mut config.models {
            model
                .find_key(environment)
                .map_err(|fault| source.error(fault))?;
        }
        config.apply(environment)?;
        if let Some(listen) = listen {
            config.listen_on(listen)?;
        }
        config.server.load(&source)?;
        for service in &mut config.services {
            service.load(&source, environment)?;
        }
        Ok(config)
    }

    fn of_toml(text: &str) -> Result<Self, Fault> {
        let file: File = toml::from_str(text)?;
        Ok(Self {
            server: file.server,
            store: file.store,
            limits: file.limits,
            network: file.network,
            webhooks: file.webhooks,
            services: service::check(file.service)?,
            models: model::check(file.model)?,
        })
    }

    fn listen_on(&mut self, places: &str) -> Result<(), ConfigError> {
        let listen = places.parse();
        self.server.listen = listen.map_err(|reason: ParseListenError| ConfigError::Setting {
            name: "--listen",
            reason: reason.to_string(),
        })?;
        Ok(())
    }
}

/// The file's name and text; both are empty where there is none.
fn read_file(path: Option<&Path>) -> Result<(String, String), ConfigError> {
    let name = path.map(|path| path.display().to_string());
    let name = name.unwrap_or_default();
    match path.map(std::fs::read_to_string).transpose() {
        Ok(text) => Ok((name, text.unwrap_or_default())),
        Err(reason) => Err(ConfigError::Unreadable { name, reason }),
    }
}
