//! The models behind the network: the configured ones, or the demo's own.

use std::time::Duration;

use mira_core::MicroUsd;
use mira_meetings::CoachModel;
use mira_network::{NetworkConfig, Price, PricedModel};
use mira_outbound::{HttpClient, Model, ModelClient};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::ServeError;
use crate::config::Config;

/// What the practice models cost per million tokens: 1 and 2 dollars.
const PRACTICE_PRICE: Price = Price {
    prompt_per_million: MicroUsd::from_micros(1_000_000),
    completion_per_million: MicroUsd::from_micros(2_000_000),
};

/// The network's configuration from what the operator wrote.
pub(crate) fn configured(config: &Config) -> Result<NetworkConfig, ServeError> {
    let http = HttpClient::new();
    let models = config
        .models
        .iter()
        .map(|model| {
            let client = Model {
                id: model.id.clone(),
                name: model.name.clone(),
                base_url: model.base_url.to_string(),
                api_key: model.api_key.clone(),
            };
            let http = http.clone().speaking(model.versions);
            let timeout = model.timeout_secs.unwrap_or(config.network.timeout_secs);
            priced(http, client, model.price, Duration::from_secs(timeout))
        })
        .collect::<Result<_, _>>()?;
    Ok(NetworkConfig { models })
}

/// Three practice models, served over HTTP on a loopback port for as long as the
/// sender lives.
pub(crate) async fn practice(
    timeout: Duration,
) -> Result<(NetworkConfig, oneshot::Sender<()>), ServeError> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .map_err(ServeError::Demo)?;
    let address = listener.local_addr().map_err(ServeError::Demo)?;
    let (keep_alive, stopped) = oneshot::channel::<()>();
    tokio::spawn(mira_practice::serve(listener, async {
        stopped.await.ok();
    }));
    let http = HttpClient::new();
    let models = mira_practice::MODELS
        .iter()
        .map(|id| {
            let client = Model {
                id: (*id).to_owned(),
                name: (*id).to_owned(),
                base_url: format!("http://{address}/v1"),
                api_key: None,
            };
            priced(http.clone(), client, PRACTICE_PRICE, timeout)
        })
        .collect::<Result<_, _>>()?;
    Ok((NetworkConfig { models }, keep_alive))
}

/// The model that judges meetings and plays customers: the first one.
pub(crate) fn coach(network: &NetworkConfig) -> Option<CoachModel> {
    network.models.first().map(|model| CoachModel {
        client: model.client.clone(),
        deadline: model.timeout,
    })
}

fn priced(
    http: HttpClient,
    model: Model,
    price: Price,
    timeout: Duration,
) -> Result<PricedModel, ServeError> {
    let id = model.id.clone();
    let client =
        ModelClient::new(http, model).map_err(|cause| ServeError::Model { model: id, cause })?;
    Ok(PricedModel {
        client,
        price,
        timeout,
    })
}
