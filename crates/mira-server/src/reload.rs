//! SIGHUP: the configuration is read again. What is wrong changes nothing.
//!
//! Services, models and the certificate of TLS follow the file. Where to listen,
//! whom to trust and the limits are read at the start alone.

use std::sync::Arc;

use arc_swap::ArcSwap;
use mira_console::Console;
use mira_gateway::RouteTable;
use mira_meetings::Meetings;
use mira_network::Network;
use mira_verifier::Verifier;
use tokio::signal::unix::Signal;

use crate::config::Config;
use crate::installation::services_of;
use crate::services::Upstreams;
use crate::tls_identity::TlsIdentity;
use crate::{ServeError, ServeOptions, models, services};

/// What follows the configuration.
pub(crate) struct Reloaded {
    pub(crate) routes: Arc<ArcSwap<RouteTable>>,
    pub(crate) network: Arc<Network>,
    pub(crate) meetings: Arc<Meetings>,
    pub(crate) console: Arc<Console>,
    pub(crate) verifier: Arc<Verifier>,
    /// The upstreams of `routes`.
    pub(crate) upstreams: Upstreams,
    /// What TLS listeners show, if they speak it.
    pub(crate) tls: Option<TlsIdentity>,
}

impl Reloaded {
    /// Reads the configuration again at every `hangup`, for as long as it is polled.
    pub(crate) async fn follow(mut self, options: ServeOptions, mut hangup: Signal) {
        while hangup.recv().await.is_some() {
            match self.apply(&options) {
                Ok(()) => tracing::info!("the configuration was read again"),
                Err(error) => tracing::error!(%error, "the configuration was not changed"),
            }
        }
    }

    fn apply(&mut self, options: &ServeOptions) -> Result<(), ServeError> {
        let listen = options.listen.as_deref();
        let mut config = Config::load(options.config.as_deref(), &options.environment, listen)?;
        let upstreams = self.upstreams.follow(&config)?;
        let network = models::configured(&config)?;
        // A demo without models of its own keeps its practice models.
        if !options.demo || !config.models.is_empty() {
            self.meetings.use_model(models::coach(&network));
            self.network.configure(network);
        }
        if let (Some(shown), Some(tls)) = (&self.tls, config.server.tls.take()) {
            shown.replace(tls);
        }
        self.console.set_services(services_of(&config));
        self.verifier.set_service_limits(&services::limits(&config));
        let routes = services::route_table(&config, &upstreams);
        self.routes.store(Arc::new(routes));
        self.upstreams = upstreams;
        Ok(())
    }
}
