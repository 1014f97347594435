//! `mira serve`: one node, from its configuration to its clean stop.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use mira_api::ApiConfig;
use mira_console::Console;
use mira_core::Clock;
use mira_dashboard::DashboardConfig;
use mira_db::{DataDir, Database};
use mira_gateway::{Proxy, RouteTable};
use mira_meetings::{Meetings, NewId, NoId};
use mira_network::{Network, NetworkConfig};
use mira_tower::Guard;
use mira_verifier::Limits;
use mira_webhook::Worker;
use mira_wire::{ErrorCode, Refusal};
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use uuid::Builder;

use crate::ServeError;
use crate::config::Config;
use crate::connections;
use crate::console_door::ConsoleDoor;
use crate::demo::{self, Demo};
use crate::front::Front;
use crate::health::Health;
use crate::installation::{Installation, Parts, Shared, services_of};
use crate::listener::Listeners;
use crate::meter::LedgerMeter;
use crate::outbox::WebhookOutbox;
use crate::reload::Reloaded;
use crate::services::Upstreams;
use crate::setup_link::SetupLink;
use crate::tls_identity::TlsIdentity;
use crate::{InheritedSockets, models, products, services};

/// How often sessions and failures that have ended are forgotten.
const FORGET_EVERY: Duration = Duration::from_mins(10);
/// Charges that are still being written at the end get this long.
const CHARGES_PATIENCE: Duration = Duration::from_secs(5);

/// Reports that are made at the same time; most of each is waiting for a model.
const COACHES: usize = 4;

/// What the command line says of a server.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where to listen, over configuration.
    pub listen: Option<String>,
    /// The data folder.
    pub data: PathBuf,
    /// A PostgreSQL database to keep data in, instead of the data folder.
    pub database: Option<String>,
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// Whether an empty store gets an organization to look at.
    pub demo: bool,
    /// The variables of the environment that are ours.
    pub environment: BTreeMap<String, String>,
}

/// Serves until `shutdown` resolves and open requests have finished. Sockets that
/// were `inherited` are listened on instead of what is configured.
pub async fn serve(
    options: ServeOptions,
    inherited: InheritedSockets,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let listen = options.listen.as_deref();
    let config = Config::load(options.config.as_deref(), &options.environment, listen)?;
    let installation = open(&options, &config).await?;
    let served = serve_installation(&options, &config, &installation, inherited, shutdown).await;
    installation.close().await;
    served
}

async fn open(options: &ServeOptions, config: &Config) -> Result<Installation, ServeError> {
    let parts = Parts {
        limits: limits(config),
        services: services_of(config),
        private_networks: config.webhooks.private_networks.clone(),
    };
    let Some(url) = &options.database else {
        let data = DataDir::open(&options.data)?;
        return Installation::open(data, parts).await;
    };
    let shared = Shared {
        url,
        lease: Duration::from_millis(config.store.lease_ms),
    };
    Installation::join(shared, parts).await
}

async fn serve_installation(
    options: &ServeOptions,
    config: &Config,
    installation: &Installation,
    inherited: InheritedSockets,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let listeners = Listeners::open(&config.server, inherited).await?;
    let tls = config.server.tls.clone().map(TlsIdentity::new);
    let urls = listeners.urls(tls.is_some());
    let url = address_of(&urls);
    let (network_config, practice) = network_config(options, config).await?;
    let meetings = meetings(installation);
    meetings.use_model(models::coach(&network_config));
    let demo = prepare_demo(options, installation, &meetings, &url).await?;
    let setup_link = setup_link(installation).await?;
    let meter = Arc::new(LedgerMeter::new(Arc::clone(&installation.console)));
    let network = Network::new(network_config, clock(installation), Arc::clone(&meter) as _);
    let network = Arc::new(network);
    let upstreams = Upstreams::default().follow(config)?;
    let routes = services::route_table(config, &upstreams);
    let routes = Arc::new(ArcSwap::from_pointee(routes));
    let verifier = Arc::clone(installation.node.verifier());
    verifier.set_service_limits(&services::limits(config));
    let health = health(installation, config);
    let front = Arc::new(front(
        config,
        installation,
        Arc::clone(&routes),
        products::router(Arc::clone(&meetings), Arc::clone(&network)),
        pages(config, installation, &health, &setup_link),
    ));

    let (stop, stopped) = watch::channel(false);
    let delivering = tokio::spawn(messenger(installation).run(until(stopped.clone())));
    let forgetting = tokio::spawn(forget(Arc::clone(&installation.console), stopped));
    let coaches = coaches(installation, &meetings).await?;
    let reloaded = Reloaded {
        routes,
        network,
        meetings,
        console: Arc::clone(&installation.console),
        verifier,
        upstreams,
        tls: tls.clone(),
    };
    let hangup = signal(SignalKind::hangup()).map_err(ServeError::Signal)?;
    let reloading = tokio::spawn(reloaded.follow(options.clone(), hangup));
    let setup = setup_link.address(&public_url(config).unwrap_or(url));
    announce(&urls, setup, demo.as_ref());
    notify(NotifyState::Ready);
    let drain = Duration::from_secs(config.server.drain_secs);
    let draining = async move {
        shutdown.await;
        notify(NotifyState::Stopping);
        health.drain();
    };
    connections::serve(listeners, tls, front, draining, drain).await;

    if let Err(count) = meter.settled(CHARGES_PATIENCE).await {
        tracing::error!(count, "charges are lost that the store did not confirm");
    }
    stop.send_replace(true);
    forgetting.await.ok();
    delivering.await.ok();
    reloading.abort();
    drop(coaches);
    drop(practice);
    Ok(())
}

/// Where this node is reached from its own machine, for links and examples.
fn address_of(urls: &[String]) -> String {
    let first = urls.iter().find(|url| url.starts_with("http"));
    first.map_or_else(|| "http://localhost".to_owned(), Clone::clone)
}

/// Tells the service manager, if there is one.
fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

/// The configured models; a demo without any gets practice models of its own.
async fn network_config(
    options: &ServeOptions,
    config: &Config,
) -> Result<(NetworkConfig, Option<oneshot::Sender<()>>), ServeError> {
    if options.demo && config.models.is_empty() {
        let timeout = Duration::from_secs(config.network.timeout_secs);
        let (network, keep_alive) = models::practice(timeout).await?;
        return Ok((network, Some(keep_alive)));
    }
    Ok((models::configured(config)?, None))
}

/// The meetings of an installation.
pub(crate) fn meetings(installation: &Installation) -> Arc<Meetings> {
    let clock = clock(installation);
    let (now, entropy) = (Arc::clone(&clock), Arc::clone(&installation.entropy));
    let new_id: NewId = Arc::new(move || {
        let mut random = [0; 10];
        entropy.fill(&mut random).map_err(|_| NoId)?;
        let millis = u64::try_from(now.now().as_millis()).unwrap_or(0);
        Ok(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    });
    let outbox = WebhookOutbox {
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&installation.entropy),
    };
    let meetings = Meetings::new(installation.meetings.clone(), clock, new_id);
    Arc::new(meetings.with_outbox(Arc::new(outbox)))
}

/// Who delivers to webhooks.
fn messenger(installation: &Installation) -> Worker {
    Worker {
        dispatch: installation.dispatch.clone(),
        directory: Arc::clone(&installation.console) as _,
        clock: clock(installation),
        entropy: Arc::clone(&installation.entropy),
    }
}

/// Those who make reports, until the set is dropped. What they had claimed is due
/// again when a process begins that has the data folder to itself.
async fn coaches(
    installation: &Installation,
    meetings: &Arc<Meetings>,
) -> Result<JoinSet<()>, ServeError> {
    if matches!(installation.meetings, Database::Sqlite(_)) {
        meetings.release_claims().await?;
    }
    let mut coaches = JoinSet::new();
    for _ in 0..COACHES {
        coaches.spawn(Arc::clone(meetings).coach());
    }
    Ok(coaches)
}

fn clock(installation: &Installation) -> Arc<dyn Clock> {
    Arc::new(installation.node.verifier().clock().clone())
}

async fn prepare_demo(
    options: &ServeOptions,
    installation: &Installation,
    meetings: &Meetings,
    url: &str,
) -> Result<Option<Demo>, ServeError> {
    if !options.demo {
        return Ok(None);
    }
    let made = if installation.console.is_empty().await? {
        Demo::make(installation, meetings, url).await?
    } else {
        None
    };
    let demo = made.or_else(|| demo::refresh(&options.data, url));
    if let Some(demo) = &demo {
        demo.write(&options.data)?;
    }
    Ok(demo)
}

async fn setup_link(installation: &Installation) -> Result<SetupLink, ServeError> {
    if !installation.console.is_empty().await? {
        return Ok(SetupLink::NONE);
    }
    Ok(SetupLink::generate(installation.entropy.as_ref())?)
}

fn health(installation: &Installation, config: &Config) -> Health {
    let node = Arc::clone(&installation.node);
    Health::new(node, Duration::from_millis(config.store.lease_ms))
}

/// Everything that is not behind a key: the JSON API, the pages and the probes.
fn pages(
    config: &Config,
    installation: &Installation,
    health: &Health,
    setup_link: &SetupLink,
) -> Router {
    let console = &installation.console;
    let public_url = public_url(config);
    let api = ApiConfig {
        public_url: public_url.clone(),
        metered: products::METERED.to_vec(),
    };
    let link = setup_link.clone();
    let dashboard = DashboardConfig {
        mira_api: Arc::new(serde_json::from_str(mira_meetings::openapi()).unwrap_or_default()),
        public_url,
        setup: Arc::new(move |token: &str| link.opens(token)),
    };
    mira_api::router(Arc::clone(console), api)
        .merge(mira_meetings::document_router())
        .merge(mira_dashboard::router(Arc::clone(console), dashboard))
        .merge(health.clone().router())
        .fallback(async || Refusal::error(ErrorCode::NotFound))
}

/// Where people reach this installation, if somebody said so, without a slash at its
/// end.
fn public_url(config: &Config) -> Option<String> {
    let url = config.server.public_url.as_ref()?;
    Some(url.to_string().trim_end_matches('/').to_owned())
}

fn front(
    config: &Config,
    installation: &Installation,
    routes: Arc<ArcSwap<RouteTable>>,
    products: Router,
    pages: Router,
) -> Front {
    let node = &installation.node;
    let guard = Guard::new(Arc::clone(node.verifier()), Arc::clone(node) as _);
    let console = Arc::clone(&installation.console);
    let per_minute = config.limits.console_per_minute;
    let public = config.server.public_url.as_ref();
    let public = public.and_then(|url| url.as_uri().authority().cloned());
    Front {
        door: ConsoleDoor::new(Arc::clone(&console), guard.clone(), per_minute, public),
        console,
        entropy: Arc::clone(&installation.entropy),
        proxy: Proxy::new(guard.clone()),
        guard,
        routes,
        products,
        pages,
        trusted_proxies: config.server.trusted_proxies.clone(),
        is_public_url_secure: config
            .server
            .public_url
            .as_ref()
            .is_some_and(|url| url.as_uri().scheme_str() == Some("https")),
    }
}

fn limits(config: &Config) -> Limits {
    Limits {
        address_per_minute: config.limits.address_per_minute,
        organization_key_per_minute: config.limits.organization_key_per_minute,
        app_key_per_minute: config.limits.app_key_per_minute,
        app_key_per_day: config.limits.app_key_per_day,
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    stopped.wait_for(|is_stopped| *is_stopped).await.ok();
}

async fn forget(console: Arc<Console>, stopped: watch::Receiver<bool>) {
    let stopped = until(stopped);
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => return,
            () = tokio::time::sleep(FORGET_EVERY) => {}
        }
        if let Err(error) = console.forget_what_has_ended().await {
            tracing::error!(%error, "ended sessions could not be forgotten");
        }
    }
}

/// What an operator reads on the terminal. A closed terminal is no reason to stop.
fn announce(urls: &[String], setup: Option<String>, demo: Option<&Demo>) {
    let mut out = std::io::stdout().lock();
    let setup = setup.map(|link| format!("set-up link: {link}"));
    let demo = demo.into_iter().flat_map(|demo| demo.lines.iter().cloned());
    let listening = urls.iter().map(|url| format!("listening on {url}"));
    for line in demo.chain(setup).chain(listening) {
        writeln!(out, "{line}").ok();
    }
    out.flush().ok();
}
