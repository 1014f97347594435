//! The model that judges conversations and plays customers.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use mira_outbound::{ChatRequest, Message, ModelClient, ModelError};

/// A configured model, and how long one answer of it may take.
#[derive(Debug, Clone)]
pub struct CoachModel {
    /// The model.
    pub client: ModelClient,
    /// The longest wait for one answer.
    pub deadline: Duration,
}

/// The model of now, which configuration may change.
#[derive(Default)]
pub(crate) struct ModelSlot(RwLock<Option<Arc<CoachModel>>>);

impl ModelSlot {
    pub(crate) fn get(&self) -> Option<Arc<CoachModel>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set(&self, model: Option<CoachModel>) {
        let model = model.map(Arc::new);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = model;
    }
}

impl CoachModel {
    /// Asks, and gives the text of the answer. `json` asks for one object.
    pub(crate) async fn ask(
        &self,
        messages: Vec<Message>,
        json: bool,
    ) -> Result<String, ModelError> {
        let request = ChatRequest {
            messages,
            temperature: None,
            max_tokens: None,
            response_format: json.then_some(mira_outbound::ResponseFormat::JsonObject),
        };
        let deadline = self.deadline.min(MOST_PATIENCE);
        let answer = self.client.complete(&request, deadline).await?;
        Ok(answer.text)
    }
}

/// Two answers must fit into the time for which a meeting is claimed.
const MOST_PATIENCE: Duration = Duration::from_mins(4);
