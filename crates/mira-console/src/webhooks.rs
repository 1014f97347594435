//! Webhooks: where an organization's events are sent, and what became of them.

use std::collections::BTreeSet;

use mira_core::{DeliveryId, OrganizationId, WebhookId};
use mira_db::{BoxFuture, DbError};
use mira_store::audit::{Action, TargetKind};
use mira_store::{Cursor, Page, PageRequest, organizations};
use mira_webhook::{
    Delivery, Directory, Event, Problem, Receiver, SigningSecret, Webhook, WebhookSecrets,
};

use crate::unit::{Unit, target};
use crate::{Caller, Console, ConsoleError, Mutator, input};

/// So many webhooks an organization has at most: each gets every event.
const MAX_WEBHOOKS: usize = 20;

/// What a webhook is made of.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Where events are sent: an absolute URL.
    pub url: String,
    /// What people call it; may be empty.
    pub description: String,
    /// Which events, by their words.
    pub events: Vec<String>,
}

/// A change of a webhook; an absent member stays.
#[derive(Debug, Clone, Default)]
pub struct WebhookEdit {
    /// Where events are sent.
    pub url: Option<String>,
    /// What people call it.
    pub description: Option<String>,
    /// Which events, by their words.
    pub events: Option<Vec<String>>,
    /// Whether anything is sent.
    pub is_enabled: Option<bool>,
}

impl Console {
    /// The webhooks of an organization, newest first.
    pub async fn webhooks(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
    ) -> Result<Vec<Webhook>, ConsoleError> {
        caller.principal.manages(organization_id, "Organization")?;
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    let organization = organizations::get(tx, organization_id).await?;
                    organization.ok_or(ConsoleError::NotFound("Organization"))?;
                    Ok(mira_webhook::list(tx, organization_id).await?)
                })
            })
            .await
    }

    /// One webhook.
    pub async fn webhook(&self, caller: &Caller, id: WebhookId) -> Result<Webhook, ConsoleError> {
        let principal = caller.principal;
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    let webhook = mira_webhook::get(tx, id).await?;
                    let webhook = webhook.ok_or(ConsoleError::NotFound("Webhook"))?;
                    principal.manages(webhook.organization_id, "Webhook")?;
                    Ok(webhook)
                })
            })
            .await
    }

    /// Makes a webhook, whose secret is to be shown this once.
    pub async fn create_webhook(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        new: NewWebhook,
    ) -> Result<Webhook, ConsoleError> {
        caller.principal.manages(organization_id, "Organization")?;
        let url = self.receiver(&new.url).await?;
        let description = input::description(&new.description)?;
        let events = events(&new.events)?;
        let made = self.mutate(caller, Mutator::CreateWebhook, move |unit| {
            Box::pin(async move {
                let organization = organizations::get(unit.tx, organization_id).await?;
                organization.ok_or(ConsoleError::NotFound("Organization"))?;
                let others = mira_webhook::list(unit.tx, organization_id).await?;
                if others.len() >= MAX_WEBHOOKS {
                    return Err(ConsoleError::conflict(
                        "An organization has up to 20 webhooks",
                    ));
                }
                let webhook = Webhook {
                    id: WebhookId::generate(unit.now, unit.entropy())?,
                    organization_id,
                    url,
                    description,
                    events,
                    is_enabled: true,
                    secrets: WebhookSecrets::new(SigningSecret::generate(unit.entropy())?),
                    created_at: unit.now,
                };
                mira_webhook::insert(unit.tx, &webhook).await?;
                unit.audit_webhook(Action::WebhookCreated, &webhook)?;
                Ok(webhook)
            })
        });
        Ok(made.await?.value)
    }

    /// Changes a webhook. What is on its way goes to where it points then.
    pub async fn change_webhook(
        &self,
        caller: &Caller,
        id: WebhookId,
        edit: WebhookEdit,
    ) -> Result<Webhook, ConsoleError> {
        self.webhook(caller, id).await?;
        let url = match &edit.url {
            Some(url) => Some(self.receiver(url).await?),
            None => None,
        };
        let description = edit.description.as_deref();
        let description = description.map(input::description).transpose()?;
        let chosen = edit.events.as_deref().map(events).transpose()?;
        let changed = self.mutate(caller, Mutator::EditWebhook, move |unit| {
            Box::pin(async move {
                let mut webhook = unit.webhook_to_manage(id).await?;
                webhook.url = url.unwrap_or(webhook.url);
                webhook.description = description.unwrap_or(webhook.description);
                webhook.events = chosen.unwrap_or(webhook.events);
                webhook.is_enabled = edit.is_enabled.unwrap_or(webhook.is_enabled);
                mira_webhook::update(unit.tx, &webhook).await?;
                unit.audit_webhook(Action::WebhookChanged, &webhook)?;
                Ok(webhook)
            })
        });
        Ok(changed.await?.value)
    }

    /// Gives a webhook another secret, to be shown this once. The one before signs
    /// beside it for a day.
    pub async fn rotate_webhook_secret(
        &self,
        caller: &Caller,
        id: WebhookId,
    ) -> Result<Webhook, ConsoleError> {
        let rotated = self.mutate(caller, Mutator::RotateWebhookSecret, move |unit| {
            Box::pin(async move {
                let mut webhook = unit.webhook_to_manage(id).await?;
                let next = SigningSecret::generate(unit.entropy())?;
                webhook.secrets = webhook.secrets.rotate(next, unit.now);
                mira_webhook::update(unit.tx, &webhook).await?;
                unit.audit_webhook(Action::WebhookSecretRotated, &webhook)?;
                Ok(webhook)
            })
        });
        Ok(rotated.await?.value)
    }

    /// Deletes a webhook. What is on its way to it is not attempted again.
    pub async fn delete_webhook(
        &self,
        caller: &Caller,
        id: WebhookId,
    ) -> Result<Webhook, ConsoleError> {
        let deleted = self.mutate(caller, Mutator::DeleteWebhook, move |unit| {
            Box::pin(async move {
                let webhook = unit.webhook_to_manage(id).await?;
                mira_webhook::delete(unit.tx, id).await?;
                unit.audit_webhook(Action::WebhookDeleted, &webhook)?;
                Ok(webhook)
            })
        });
        Ok(deleted.await?.value)
    }

    /// What was and will be sent to a webhook, newest first.
    pub async fn deliveries(
        &self,
        caller: &Caller,
        id: WebhookId,
        page: PageRequest,
    ) -> Result<Page<Delivery>, ConsoleError> {
        self.webhook(caller, id).await?;
        let before = page.after_id().map_err(mira_store::StoreError::from)?;
        let before = before.map(DeliveryId::from_bytes);
        // One more says that there is a next page.
        let found = self.dispatch.deliveries(id, before, page.limit() + 1);
        let last = |delivery: &Delivery| Cursor::Id(*delivery.id.as_bytes());
        Ok(Page::cut(found.await?, &page, last))
    }

    /// Sends a delivery again, whatever became of it.
    pub async fn redeliver(
        &self,
        caller: &Caller,
        id: WebhookId,
        delivery_id: DeliveryId,
    ) -> Result<Delivery, ConsoleError> {
        const NOT_FOUND: ConsoleError = ConsoleError::NotFound("Delivery");
        self.webhook(caller, id).await?;
        let delivery = self.dispatch.delivery(delivery_id).await?;
        delivery
            .filter(|delivery| delivery.webhook_id == id)
            .ok_or(NOT_FOUND)?;
        // The trail first: the queue may be another database.
        self.mutate(caller, Mutator::Redeliver, move |unit| {
            Box::pin(async move {
                let webhook = unit.webhook_to_manage(id).await?;
                unit.audit_webhook(Action::WebhookRedelivered, &webhook)
            })
        })
        .await?;
        if !self.dispatch.redeliver(delivery_id, self.now()).await? {
            return Err(ConsoleError::conflict("It is being delivered right now"));
        }
        self.dispatch.delivery(delivery_id).await?.ok_or(NOT_FOUND)
    }

    /// A URL that events can be sent to.
    async fn receiver(&self, url: &str) -> Result<Receiver, ConsoleError> {
        let receiver: Receiver =
            url.trim()
                .parse()
                .map_err(|error: mira_webhook::InvalidReceiver| {
                    ConsoleError::invalid(error.to_string())
                })?;
        match self.dispatch.check(&receiver).await {
            Ok(()) => Ok(receiver),
            Err(Problem::Forbidden) => Err(ConsoleError::invalid(
                "url leads to an address that is not public and that the operator has not allowed",
            )),
            Err(_) => Err(ConsoleError::invalid(
                "url leads nowhere: its host name has no address",
            )),
        }
    }
}

impl Directory for Console {
    fn webhooks(&self, id: OrganizationId) -> BoxFuture<'_, Result<Vec<Webhook>, DbError>> {
        Box::pin(
            self.db
                .read(move |tx| Box::pin(async move { mira_webhook::list(tx, id).await })),
        )
    }

    fn webhook(&self, id: WebhookId) -> BoxFuture<'_, Result<Option<Webhook>, DbError>> {
        Box::pin(
            self.db
                .read(move |tx| Box::pin(async move { mira_webhook::get(tx, id).await })),
        )
    }
}

impl Unit<'_> {
    async fn webhook_to_manage(&mut self, id: WebhookId) -> Result<Webhook, ConsoleError> {
        let webhook = mira_webhook::get(self.tx, id).await?;
        let webhook = webhook.ok_or(ConsoleError::NotFound("Webhook"))?;
        let principal = self.caller.principal;
        principal.manages(webhook.organization_id, "Webhook")?;
        Ok(webhook)
    }

    /// The host alone: a path or a query may hold what only the receiver should know.
    fn audit_webhook(&mut self, action: Action, webhook: &Webhook) -> Result<(), ConsoleError> {
        let details = [
            ("host", webhook.url.uri().host().into()),
            ("events", words(&webhook.events).into()),
            ("is_enabled", webhook.is_enabled.into()),
        ];
        let target = target(TargetKind::Webhook, webhook.id);
        self.audit(action, target, Some(webhook.organization_id), &details)
    }
}

/// At least one event, each by its word.
fn events(words: &[String]) -> Result<BTreeSet<Event>, ConsoleError> {
    let events = words.iter().map(|word| word.parse());
    let events: BTreeSet<Event> = events
        .collect::<Result<_, _>>()
        .map_err(|error: mira_core::ParseTextError| ConsoleError::invalid(error.to_string()))?;
    if events.is_empty() {
        return Err(ConsoleError::invalid("events names at least one event"));
    }
    Ok(events)
}

fn words(events: &BTreeSet<Event>) -> Vec<&'static str> {
    events.iter().map(|event| event.as_str()).collect()
}
