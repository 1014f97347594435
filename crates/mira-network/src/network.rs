//! The network: the configured models, and what every request needs beside its
//! own body.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use mira_core::{Clock, Grant, Timestamp};
use mira_outbound::ModelClient;
use mira_wire::{ErrorCode, Refusal, RequestId};

use crate::bill::Bill;
use crate::{Meter, Price};

/// A model with what it costs.
#[derive(Debug, Clone)]
pub struct PricedModel {
    /// Asks it.
    pub client: ModelClient,
    /// What its tokens cost the caller.
    pub price: Price,
    /// The longest wait for its answer, or for the next piece of a stream.
    pub timeout: Duration,
}

/// Which models there are, in the order in which they are asked.
#[derive(Debug, Clone, Default)]
pub struct NetworkConfig {
    /// The models. None is a network that answers `no_model`.
    pub models: Vec<PricedModel>,
}

/// The models behind app keys, with the clock and the meter.
pub struct Network {
    config: RwLock<Arc<NetworkConfig>>,
    started_at: Timestamp,
    clock: Arc<dyn Clock>,
    meter: Arc<dyn Meter>,
}

impl Network {
    /// A network of the models in `config`, which charges through `meter`.
    pub fn new(config: NetworkConfig, clock: Arc<dyn Clock>, meter: Arc<dyn Meter>) -> Self {
        Self {
            config: RwLock::new(Arc::new(config)),
            started_at: clock.now(),
            clock,
            meter,
        }
    }

    /// Replaces the configuration. Requests under way keep the one they began with.
    pub fn configure(&self, config: NetworkConfig) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }

    /// The configuration as it is now.
    pub(crate) fn config(&self) -> Arc<NetworkConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The configuration, if it has a model to ask.
    pub(crate) fn config_with_models(&self) -> Result<Arc<NetworkConfig>, Refusal> {
        let config = self.config();
        if config.models.is_empty() {
            return Err(Refusal::error(ErrorCode::NoModel));
        }
        Ok(config)
    }

    /// Since when these models are offered.
    pub(crate) fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// The clock.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// An empty bill over `models` models for the app that `grant` speaks of, if the
    /// meter takes more on. The edge lets only app keys in, so a grant without an app
    /// is our fault.
    pub(crate) fn bill(
        &self,
        grant: &Grant,
        request_id: RequestId,
        subject: String,
        models: usize,
    ) -> Result<Bill, Refusal> {
        let app_id = grant.app_id().ok_or(Refusal::error(ErrorCode::Internal))?;
        if !self.meter.is_open() {
            return Err(Refusal::unavailable());
        }
        let meter = Arc::clone(&self.meter);
        Ok(Bill::new(meter, app_id, request_id, subject, models))
    }
}
