//! The record of a key, in JSON.

use mira_console::{KindWord, StandingWord};
use mira_core::{Actor, KeyKind, KeyRecord, KeyState, Standing, Timestamp};
use mira_wire::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::network::Networks;
use crate::rate_limit::RateLimitBody;
use crate::text::{EnvironmentText, KindText, PermissionText, StandingText, Text};

/// What is kept about a key. It contains no plaintext. Every member is always
/// there; what does not apply is null.
#[derive(Serialize, ToSchema)]
#[schema(as = Key, example = json!({
    "id": "key_019bb80b39c07e3a8f1d2c4b5a697887",
    "name": "CI",
    "prefix": "mira_live_a1B2",
    "kind": "organization",
    "organization_id": "org_019bb80b2e107c4d9a3f5e6b7c8d9e0f",
    "app_id": null,
    "service": null,
    "environment": "production",
    "permissions": ["read", "write"],
    "state": "active",
    "created_at": "2026-01-15T10:30:00.000Z",
    "created_by": {"kind": "user", "id": "user_019bb80b31a0725b8c6d7e8f90a1b2c3"},
    "expires_at": null,
    "last_used_at": null,
    "retires_at": null,
    "revoked_at": null,
    "revoked_by": null,
    "rotated_from": null,
    "rotated_to": null,
    "ip_allowlist": ["203.0.113.0/24"],
    "rate_limit": {"per_minute": 100, "per_day": null},
}))]
pub(crate) struct KeyBody {
    /// Its id, public and printable.
    id: String,
    /// Its name, 1 to 100 characters.
    name: String,
    /// Its displayed form: what its plaintext begins with.
    prefix: String,
    /// Its family.
    kind: KindText,
    /// Whose it is.
    organization_id: String,
    /// The app of an app key.
    #[schema(required)]
    app_id: Option<String>,
    /// The service of an app key.
    #[schema(required)]
    service: Option<String>,
    /// Where it is meant to be used.
    environment: EnvironmentText,
    /// What an organization key may do; an app key carries none.
    permissions: Vec<PermissionText>,
    /// Where it is in its life, now.
    state: StandingText,
    /// When it was issued.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// Who issued it.
    created_by: ActorBody,
    /// The end of its life; the instant itself is outside.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    expires_at: Option<Instant>,
    /// When it was last accepted.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_used_at: Option<Instant>,
    /// The end of the grace period of a rotated key.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    retires_at: Option<Instant>,
    /// When it was revoked, or its grace period ended.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    revoked_at: Option<Instant>,
    /// Who revoked it; null when a grace period ended.
    #[schema(required)]
    revoked_by: Option<ActorBody>,
    /// The key that it is the successor of.
    #[schema(required)]
    rotated_from: Option<String>,
    /// Its successor.
    #[schema(required)]
    rotated_to: Option<String>,
    /// Where it may be used from; null is anywhere.
    #[schema(value_type = Option<Vec<String>>, required)]
    ip_allowlist: Option<Networks>,
    /// Its own limits; null is the default of its family.
    #[schema(required)]
    rate_limit: Option<RateLimitBody>,
}

/// Who did something.
#[derive(Serialize, ToSchema)]
#[schema(as = Actor, example = json!({
    "kind": "user", "id": "user_019bb80b31a0725b8c6d7e8f90a1b2c3",
}))]
pub(crate) struct ActorBody {
    /// `user`, `key` or `system`.
    #[schema(example = "user")]
    kind: &'static str,
    /// Its id; null for the installation itself.
    #[schema(required)]
    id: Option<String>,
}

impl KeyBody {
    /// `record` as it reads at `now`.
    pub(crate) fn at(record: KeyRecord, now: Timestamp) -> Self {
        let (facts, standing) = (&record.facts, record.standing(now));
        let (revoked_at, revoked_by) = match standing {
            Standing::Revoked { at, by } => (Some(at), by),
            _ => (None, None),
        };
        Self {
            id: facts.id.to_string(),
            prefix: record.prefix,
            kind: Text(kind(facts.kind)),
            organization_id: facts.organization_id.to_string(),
            app_id: facts.app_id().map(|id| id.to_string()),
            service: facts.service().map(|name| name.to_string()),
            environment: Text(facts.environment),
            permissions: facts.permissions().iter().map(Text).collect(),
            state: Text(StandingWord::of(standing)),
            created_at: Instant(record.origin.created_at),
            created_by: record.origin.created_by.into(),
            expires_at: facts.expires_at.map(Instant),
            last_used_at: record.last_used_at.map(Instant),
            retires_at: KeyState::retires_at(facts.state).map(Instant),
            revoked_at: revoked_at.map(Instant),
            revoked_by: revoked_by.map(ActorBody::from),
            rotated_from: record.origin.rotated_from.map(|id| id.to_string()),
            rotated_to: record.rotated_to.map(|id| id.to_string()),
            ip_allowlist: facts.ip_allowlist.clone().map(Networks),
            rate_limit: RateLimitBody::unless_default(facts.rate_limit),
            name: record.name,
        }
    }
}

impl From<Actor> for ActorBody {
    fn from(actor: Actor) -> Self {
        let id = match actor {
            Actor::User(id) => Some(id.to_string()),
            Actor::Key(id) => Some(id.to_string()),
            Actor::System => None,
        };
        Self {
            kind: actor.kind(),
            id,
        }
    }
}

fn kind(kind: KeyKind) -> KindWord {
    match kind {
        KeyKind::Organization { .. } => KindWord::Organization,
        KeyKind::App { .. } => KindWord::App,
    }
}
