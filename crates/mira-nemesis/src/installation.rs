//! What is broken: nodes over one database, or one node over a file.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use crate::balancer::Balancer;
use crate::clock::Stamp;
use crate::console::Console;
use crate::databases::Databases;
use crate::drip::Drip;
use crate::node::{Node, Recipe};
use crate::proxy::Proxy;
use crate::witness;

/// What we recommend; `deploy/three-nodes` says for whom.
const RECOMMENDED: &str = include_str!("../../../deploy/three-nodes/mira.toml");

/// How an installation is made.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) binary: PathBuf,
    /// One node without a database keeps a file.
    pub(crate) nodes: usize,
    pub(crate) lease: Duration,
    pub(crate) bug: Option<String>,
}

/// A running installation, gone when dropped.
pub(crate) struct Installation {
    pub(crate) nodes: Vec<Node>,
    pub(crate) console: Console,
    pub(crate) drip: Drip,
    pub(crate) lease: Duration,
    /// A key that nobody kills.
    pub(crate) witness: String,
    pub(crate) databases: Option<Databases>,
    balancer: Option<Balancer>,
    _folder: TempDir,
}

impl Installation {
    /// One node over a file.
    pub(crate) async fn single(plan: &Plan) -> io::Result<Self> {
        Self::start(plan, None).await
    }

    /// Nodes over a database of their own.
    pub(crate) async fn cluster(plan: &Plan) -> io::Result<Self> {
        Self::start(plan, Some(Databases::new())).await
    }

    /// The same behind a balancer.
    pub(crate) async fn balanced(plan: &Plan) -> io::Result<Self> {
        let mut installation = Self::cluster(plan).await?;
        let nodes: Vec<_> = installation.nodes.iter().map(|node| node.address).collect();
        installation.balancer = Some(Balancer::start(&nodes)?);
        Ok(installation)
    }

    async fn start(plan: &Plan, databases: Option<Databases>) -> io::Result<Self> {
        let drip = Drip::start().await?;
        let folder = TempDir::new()?;
        let primary = databases.as_ref().map(Databases::primary);
        let database = primary.as_ref().map(|primary| primary.create_database());
        let mut nodes = Vec::new();
        for index in 0..plan.nodes {
            let proxy = match &primary {
                Some(primary) => Some(Proxy::start(loopback(primary.port())).await?),
                None => None,
            };
            let recipe = Recipe {
                binary: plan.binary.clone(),
                config: config(plan.lease, drip.address),
                data: folder.path().join(format!("node-{index}")),
                database: proxy.as_ref().zip(database.as_ref()).map(|(proxy, url)| {
                    let name = url.rsplit('/').next().unwrap_or_default();
                    format!("postgres://postgres@{}/{name}", proxy.address())
                }),
                bug: plan.bug.clone(),
            };
            nodes.push(Node::new(index, recipe, proxy));
        }
        for node in &nodes {
            tokio::task::block_in_place(|| node.start());
        }
        let first = nodes.first().ok_or_else(|| io::Error::other("no node"))?;
        let demo = first.demo().ok_or_else(|| io::Error::other("no demo"))?;
        let console = Console::sign_in(first.address, &demo).await?;
        let witness = demo.keys.read.clone();
        for node in &nodes {
            let serves = witness::serves_again(node.address, &witness, Stamp::now()).await;
            serves
                .ok_or_else(|| io::Error::other(format!("node {} does not serve", node.index)))?;
        }
        Ok(Self {
            nodes,
            console,
            drip,
            lease: plan.lease,
            witness,
            databases,
            balancer: None,
            _folder: folder,
        })
    }

    /// Where clients reach a node: itself, or the balancer.
    pub(crate) fn door(&self, node: usize) -> SocketAddr {
        let direct = self.nodes.get(node).map(|node| node.address);
        let balancer = self.balancer.as_ref().map(|balancer| balancer.address);
        balancer.or(direct).unwrap_or(loopback(0))
    }

    /// Whether clients know which node answers them.
    pub(crate) fn is_direct(&self) -> bool {
        self.balancer.is_none()
    }

    /// When the call that kills a key answers at the latest while its own node
    /// is in contact.
    pub(crate) fn revoke_bound(&self) -> Duration {
        self.lease.mul_f64(1.003) + Duration::from_millis(500)
    }
}

pub(crate) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// The recommended configuration without limits, and with a gateway route that
/// needs `write`, so that a key which is narrowed to `read` must be refused.
fn config(lease: Duration, upstream: SocketAddr) -> String {
    let recommended = RECOMMENDED
        .replace(
            "lease_ms = 5000",
            &format!("lease_ms = {}", lease.as_millis()),
        )
        .replace("10.0.0.10", "127.0.0.1");
    format!(
        "{recommended}\n\
         [limits]\naddress_per_minute = 0\norganization_key_per_minute = 0\n\
         app_key_per_minute = 0\napp_key_per_day = 0\nconsole_per_minute = 0\n\
         [[service]]\nname = \"drip\"\nprefix = \"/drip\"\nupstream = \"http://{upstream}\"\n\
         key = \"organization\"\nmethods = {{ GET = \"write\" }}\n",
    )
}
