//! The audit trail: who did what to what, append-only and chained.

mod action;

use mira_core::{Actor, EventId, OrganizationId, Timestamp};
use mira_db::{DbError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json::{self, Text};
use crate::words::words;
use crate::{Integrity, Page, PageRequest, StoreError, postgres, sqlite};

pub use action::Action;

/// One fact. It never contains a secret: that is the duty of whoever writes
/// `details`, since what is appended cannot be taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: Action,
    /// To what.
    pub target: Target,
    /// In which organization; absent for what concerns the installation.
    pub organization_id: Option<OrganizationId>,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// What else is worth knowing, such as names before and after.
    pub details: Map<String, Value>,
}

/// What an action was done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What kind of thing it is.
    pub kind: TargetKind,
    /// Its id, or an account's email.
    pub id: String,
}

/// What kind of thing an action was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// The installation itself.
    Installation,
    /// An organization.
    Organization,
    /// A person.
    User,
    /// An email that somebody tried to sign in with.
    Account,
    /// An app.
    App,
    /// An API key.
    Key,
    /// A webhook.
    Webhook,
}

words!(pub TargetKind, "target", {
    Installation => "installation", Organization => "organization", User => "user",
    Account => "account", App => "app", Key => "key", Webhook => "webhook",
});

/// Which events are listed; an absent member lets all pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only those in this organization.
    pub organization_id: Option<OrganizationId>,
    /// Only this action.
    pub action: Option<Action>,
    /// Only those done to this.
    pub target: Option<Target>,
}

/// Appends an event, as a late step of the transaction that it speaks of: on a
/// database of many writers it holds the others up until the commit.
pub async fn append(tx: &mut Tx, event: &AuditEvent) -> Result<(), StoreError> {
    let body = encode(event)?;
    match tx {
        Tx::Sqlite(tx) => sqlite::audit::append(tx.connection(), &body),
        Tx::Postgres(tx) => postgres::log::append(tx, &[], &[body]).await.map(|_| ()),
    }
}

/// The events that pass `filter`, last first.
pub async fn list(
    tx: &mut Tx,
    filter: &AuditFilter,
    request: &PageRequest,
) -> Result<Page<AuditEvent>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::audit::list(tx.connection(), filter, request),
        Tx::Postgres(tx) => postgres::audit::list(tx, filter, request).await,
    }
}

/// Recomputes the chain over the whole trail.
pub async fn verify(tx: &mut Tx) -> Result<Integrity, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::audit::verify(tx.connection()),
        Tx::Postgres(tx) => postgres::audit::verify(tx).await,
    }
}

/// The one form in which an event is kept. The tables read their filters out of
/// it, so its members' names are theirs too.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    id: Text<EventId>,
    at: i64,
    actor: Text<Actor>,
    action: Text<Action>,
    target: TargetBody,
    organization_id: Option<Text<OrganizationId>>,
    request_id: Option<String>,
    details: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetBody {
    kind: Text<TargetKind>,
    id: String,
}

pub(crate) fn encode(event: &AuditEvent) -> Result<String, DbError> {
    let AuditEvent {
        id,
        at,
        actor,
        action,
        target: Target { kind, id: target },
        organization_id,
        request_id,
        details,
    } = event.clone();
    json::write(&Body {
        id: Text(id),
        at: at.as_millis(),
        actor: Text(actor),
        action: Text(action),
        target: TargetBody {
            kind: Text(kind),
            id: target,
        },
        organization_id: organization_id.map(Text),
        request_id,
        details,
    })
}

/// What [`encode`] was given.
pub(crate) fn decode(body: &str) -> Result<AuditEvent, DbError> {
    let body: Body = json::read(body)?;
    Ok(AuditEvent {
        id: body.id.0,
        at: Timestamp::from_millis(body.at),
        actor: body.actor.0,
        action: body.action.0,
        target: Target {
            kind: body.target.kind.0,
            id: body.target.id,
        },
        organization_id: body.organization_id.map(|id| id.0),
        request_id: body.request_id,
        details: body.details,
    })
}
