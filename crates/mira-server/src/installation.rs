//! An opened installation: its stores, its node and everything built on them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use mira_console::Console;
use mira_core::Audience;
use mira_db::{DataDir, Database, PostgresOptions};
use mira_key::{Entropy, ServiceName};
use mira_node::{Membership, Node};
use mira_outbound::{AddressRules, HttpClient};
use mira_verifier::{BootClock, Limits, Verifier};
use mira_webhook::Dispatch;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::config::ServiceConfig;
use crate::entropy::SystemEntropy;
use crate::high_water::HighWater;
use crate::{Config, ServeError, high_water, restore};

const STORE_FILE: &str = "mira.db";
const MEETINGS_FILE: &str = "meetings.db";

/// Everything that has state. The lock on the data folder, if the state is in one,
/// is held until the last part of it is dropped.
pub(crate) struct Installation {
    pub(crate) store: Database,
    pub(crate) meetings: Database,
    pub(crate) node: Arc<Node>,
    pub(crate) console: Arc<Console>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) dispatch: Dispatch,
    running: Running,
    /// Kept for a store in the data folder.
    high_water: Option<HighWater>,
    _data: Option<DataDir>,
}

/// The PostgreSQL database of an installation of many nodes.
pub(crate) struct Shared<'a> {
    /// Its address.
    pub(crate) url: &'a str,
    /// How long a node may serve without word from it.
    pub(crate) lease: Duration,
}

/// Where an installation keeps its state, for commands beside `serve`.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// In this folder, which no server may be using.
    Folder(&'a Path),
    /// In the PostgreSQL database at this address, whoever else uses it.
    Database(&'a str),
}

/// What an installation needs to know of its configuration.
pub(crate) struct Parts {
    pub(crate) limits: Limits,
    /// The services that app keys can be made for.
    pub(crate) services: Vec<ServiceName>,
    /// Networks of the operator that webhooks may be sent to.
    pub(crate) private_networks: Vec<IpNet>,
}

impl Parts {
    /// For commands that answer no request and send nothing.
    pub(crate) fn offline(services: Vec<ServiceName>) -> Self {
        Self {
            limits: Limits::default(),
            services,
            private_networks: Vec::new(),
        }
    }
}

impl Installation {
    /// Opens the data folder, loads what decides, and begins to serve it.
    pub(crate) async fn open(data: DataDir, parts: Parts) -> Result<Self, ServeError> {
        restore::finish(data.path())?;
        let webhooks = [mira_webhook::endpoint_migrations()];
        let store = mira_store::open_with(&data.file(STORE_FILE), webhooks)?;
        high_water::check(data.path(), &store).await?;
        let verifier = Arc::new(Verifier::new(parts.limits, BootClock::system()));
        let node = Node::start(store.clone(), verifier).await?;
        let queue = [mira_webhook::queue_migrations()];
        let meetings = mira_meetings::open_with(&data.file(MEETINGS_FILE), queue)?;
        Self::over([store, meetings], node, Some(data), parts)
    }

    /// Opens an installation for a command that serves nothing. Over a database, it is
    /// one of its nodes for that time.
    pub(crate) async fn open_offline(
        place: Place<'_>,
        lease: Duration,
        services: Vec<ServiceName>,
    ) -> Result<Self, ServeError> {
        let parts = Parts::offline(services);
        match place {
            Place::Folder(folder) => Self::open(DataDir::existing(folder)?, parts).await,
            Place::Database(url) => Self::join(Shared { url, lease }, parts).await,
        }
    }

    /// Joins the nodes that serve a shared database.
    pub(crate) async fn join(shared: Shared<'_>, parts: Parts) -> Result<Self, ServeError> {
        let options = PostgresOptions::default;
        let webhooks = [mira_webhook::endpoint_postgres_migrations()];
        let store = mira_store::connect_with(shared.url, options(), webhooks).await?;
        let queue = [mira_webhook::queue_postgres_migrations()];
        let meetings = mira_meetings::connect_with(shared.url, options(), queue).await?;
        let verifier = Arc::new(Verifier::new(parts.limits, BootClock::system()));
        let membership = Membership {
            lease: shared.lease,
            entropy: Arc::new(SystemEntropy),
        };
        let node = Node::join(store.clone(), verifier, membership).await?;
        Self::over([store, meetings], node, None, parts)
    }

    fn over(
        [store, meetings]: [Database; 2],
        node: Arc<Node>,
        data: Option<DataDir>,
        parts: Parts,
    ) -> Result<Self, ServeError> {
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let client = HttpClient::guarded(AddressRules::new(parts.private_networks));
        let dispatch = Dispatch::new(meetings.clone(), client);
        let console = Console::new(
            store.clone(),
            Arc::clone(&node),
            Arc::clone(&entropy),
            parts.services,
            dispatch.clone(),
        )?;
        Ok(Self {
            store,
            meetings,
            running: Running::start(&node),
            high_water: data
                .as_ref()
                .map(|data| HighWater::keep(data.path().to_owned(), &node)),
            node,
            console: Arc::new(console),
            entropy,
            dispatch,
            _data: data,
        })
    }

    /// Writes everything down, leaves the other nodes, and closes the files and
    /// connections. Nothing may be served any more.
    pub(crate) async fn close(self) {
        self.running.stop().await;
        if let Some(high_water) = self.high_water {
            high_water.stop().await;
        }
        for database in [self.store, self.meetings] {
            if let Err(error) = database.close().await {
                tracing::error!(%error, "a database did not close cleanly");
            }
        }
    }
}

/// The node's own work.
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    fn start(node: &Arc<Node>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            stopped.await.ok();
        };
        let task = tokio::spawn(Arc::clone(node).run(stopped));
        Self { stop, task }
    }

    async fn stop(self) {
        // It has ended if it does not listen.
        self.stop.send(()).ok();
        self.task.await.ok();
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
