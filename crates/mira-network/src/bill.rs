//! The bill of one request: every model call is written on it, and it is charged
//! exactly once, when it is settled or, after an abort, when it is dropped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mira_core::AppId;
use mira_wire::RequestId;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::usage::{Count, Tally};
use crate::{Charge, Meter, Price, Unconfirmed};

/// What one request owes so far.
pub(crate) struct Bill {
    meter: Arc<dyn Meter>,
    app_id: AppId,
    request_id: RequestId,
    subject: String,
    tally: Mutex<Tally>,
    is_charged: bool,
    runtime: Handle,
}

/// A call that is under way. If it is dropped before its outcome is known, the
/// model has been asked all the same, and the question is written on the bill.
pub(crate) struct Call<'a> {
    bill: &'a Bill,
    model: usize,
    price: Price,
    if_abandoned: Option<Count>,
}

impl Bill {
    /// An empty bill over `models` models. Must be made on a Tokio runtime.
    pub(crate) fn new(
        meter: Arc<dyn Meter>,
        app_id: AppId,
        request_id: RequestId,
        subject: String,
        models: usize,
    ) -> Self {
        Self {
            meter,
            app_id,
            request_id,
            subject,
            tally: Mutex::new(Tally::new(models)),
            is_charged: false,
            runtime: Handle::current(),
        }
    }

    /// Begins a call of the model at index `model`, whose question alone is
    /// estimated at `question`.
    pub(crate) fn call(&self, model: usize, price: Price, question: Count) -> Call<'_> {
        Call {
            bill: self,
            model,
            price,
            if_abandoned: Some(question),
        }
    }

    /// Writes down one call that is over.
    pub(crate) fn add(&self, model: usize, price: Price, count: Count) {
        self.lock().add(model, price, count);
    }

    /// What has been used so far.
    pub(crate) fn tally(&self) -> Tally {
        self.lock().clone()
    }

    /// Charges now and waits until that is confirmed, or for as long as the meter
    /// does. Whoever stops waiting does not stop the charge.
    pub(crate) async fn settle(mut self) -> Result<(), Unconfirmed> {
        match self.charge() {
            Some(charge) => charge.await.unwrap_or(Err(Unconfirmed)),
            None => Ok(()),
        }
    }

    fn charge(&mut self) -> Option<JoinHandle<Result<(), Unconfirmed>>> {
        if std::mem::replace(&mut self.is_charged, true) {
            return None;
        }
        let tally = self.tally();
        let usage = tally.total();
        if usage.total_tokens == 0 {
            return None;
        }
        let charge = self.meter.charge(Charge {
            app_id: self.app_id,
            request_id: self.request_id,
            cost: tally.cost(),
            usage,
            description: self.description(&tally),
        });
        Some(self.runtime.spawn(charge))
    }

    fn description(&self, tally: &Tally) -> String {
        let tokens = tally.total().total_tokens;
        let estimated = if tally.is_estimated() {
            " (estimated)"
        } else {
            ""
        };
        format!("{}: {tokens} tokens{estimated}", self.subject)
    }

    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        self.charge();
    }
}

impl Call<'_> {
    /// The model answered.
    pub(crate) fn answered(mut self, count: Count) {
        self.if_abandoned = None;
        self.bill.add(self.model, self.price, count);
    }

    /// The model failed, which costs nothing, or somebody else counts the call.
    pub(crate) fn waived(mut self) {
        self.if_abandoned = None;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let Some(count) = self.if_abandoned {
            self.bill.add(self.model, self.price, count);
        }
    }
}
