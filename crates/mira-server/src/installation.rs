//! An opened installation: its stores, its node and everything built on them.

use std::sync::Arc;

use mira_console::Console;
use mira_core::Audience;
use mira_db::{DataDir, Database};
use mira_key::{Entropy, ServiceName};
use mira_node::Node;
use mira_verifier::{BootClock, Limits, Verifier};

use crate::config::ServiceConfig;
use crate::entropy::SystemEntropy;
use crate::{Config, ServeError};

const STORE_FILE: &str = "mira.db";
const MEETINGS_FILE: &str = "meetings.db";

/// Everything that has state. The lock on the data folder is held until the last
/// part of it is dropped.
pub(crate) struct Installation {
    pub(crate) store: Database,
    pub(crate) meetings: Database,
    pub(crate) node: Arc<Node>,
    pub(crate) console: Arc<Console>,
    pub(crate) entropy: Arc<dyn Entropy>,
    _data: DataDir,
}

impl Installation {
    /// Opens the data folder, loads what decides, and begins to serve it.
    pub(crate) async fn open(
        data: DataDir,
        limits: Limits,
        services: Vec<ServiceName>,
    ) -> Result<Self, ServeError> {
        let store = mira_store::open(&data.file(STORE_FILE))?;
        let meetings = mira_meetings::open(&data.file(MEETINGS_FILE))?;
        let verifier = Arc::new(Verifier::new(limits, BootClock::system()));
        let node = Node::start(store.clone(), verifier).await?;
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let console = Console::new(
            store.clone(),
            Arc::clone(&node),
            Arc::clone(&entropy),
            services,
        )?;
        let console = Arc::new(console);
        Ok(Self {
            store,
            meetings,
            node,
            console,
            entropy,
            _data: data,
        })
    }

    /// Writes everything down and closes the files.
    pub(crate) async fn close(self) {
        for database in [self.store, self.meetings] {
            if let Err(error) = database.close().await {
                tracing::error!(%error, "a database did not close cleanly");
            }
        }
    }
}

/// The services that app keys can be made for.
pub(crate) fn services_of(config: &Config) -> Vec<ServiceName> {
    let for_apps = |service: &&ServiceConfig| matches!(service.audience, Audience::Service(_));
    let configured = config
        .services
        .iter()
        .filter(for_apps)
        .map(|service| service.name);
    built_in_services().into_iter().chain(configured).collect()
}

/// The services that every installation has.
pub(crate) fn built_in_services() -> Vec<ServiceName> {
    vec![
        ServiceName::VERIFY,
        ServiceName::INFERENCE,
        ServiceName::CONSOLE,
    ]
}
