//! The one form in which a change is kept: JSON with every field. An unknown
//! member is an error, since a reader that skipped it might let too much pass.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use mira_core::{
    Actor, Allowlist, AppId, Change, Environment, KeyFacts, KeyId, KeyKind, KeyState, MicroUsd,
    OrganizationFacts, OrganizationId, ParseAllowlistError, Permissions, RateLimit, Suspendable,
    Timestamp,
};
use mira_db::DbError;
use mira_key::{KeyDigest, ServiceName};
use serde::{Deserialize, Serialize};

use crate::json::{self, Text};

/// The body of an entry.
pub(crate) fn encode(at: Timestamp, change: &Change) -> Result<String, DbError> {
    json::write(&Body {
        at: at.as_millis(),
        change: change.into(),
    })
}

/// What [`encode`] was given.
pub(crate) fn decode(body: &str) -> Result<(Timestamp, Change), DbError> {
    let body: Body = json::read(body)?;
    let change =
        Change::try_from(body.change).map_err(|error| DbError::Corrupt(Arc::new(error)))?;
    Ok((Timestamp::from_millis(body.at), change))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    at: i64,
    change: ChangeBody,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum ChangeBody {
    Key(KeyBody),
    Organization {
        id: Text<OrganizationId>,
        is_suspended: bool,
        subscribed_until: i64,
    },
    App {
        id: Text<AppId>,
        balance: i64,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    digest: Text<Hex>,
    id: Text<KeyId>,
    organization_id: Text<OrganizationId>,
    kind: KindBody,
    environment: Text<Environment>,
    state: StateBody,
    expires_at: Option<i64>,
    ip_allowlist: Option<Vec<String>>,
    rate_limit: RateLimitBody,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum KindBody {
    Organization {
        permissions: String,
    },
    App {
        app_id: Text<AppId>,
        service: Text<ServiceName>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum StateBody {
    Active,
    Retiring { since: i64, until: i64 },
    Suspended { since: i64, was: SuspendableBody },
    Revoked { at: i64, by: Text<Actor> },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum SuspendableBody {
    Active,
    Retiring { since: i64, until: i64 },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateLimitBody {
    per_minute: Option<std::num::NonZeroU32>,
    per_day: Option<std::num::NonZeroU32>,
}

/// A digest as 64 hexadecimal digits.
#[derive(Clone, Copy)]
struct Hex([u8; 32]);

// Every conversion takes its source apart completely, so that a new field does
// not compile until it is kept.

impl From<&Change> for ChangeBody {
    fn from(change: &Change) -> Self {
        match change {
            Change::Key { digest, facts } => Self::Key(KeyBody::new(digest, facts)),
            Change::Organization(OrganizationFacts {
                id,
                is_suspended,
                subscribed_until,
            }) => Self::Organization {
                id: Text(*id),
                is_suspended: *is_suspended,
                subscribed_until: subscribed_until.as_millis(),
            },
            Change::App { id, balance } => Self::App {
                id: Text(*id),
                balance: balance.as_micros(),
            },
        }
    }
}

impl TryFrom<ChangeBody> for Change {
    type Error = BodyError;

    fn try_from(body: ChangeBody) -> Result<Self, Self::Error> {
        Ok(match body {
            ChangeBody::Key(body) => {
                let digest = KeyDigest::from_bytes(body.digest.0.0);
                let facts = body.try_into()?;
                Self::Key { digest, facts }
            }
            ChangeBody::Organization {
                id,
                is_suspended,
                subscribed_until,
            } => Self::Organization(OrganizationFacts {
                id: id.0,
                is_suspended,
                subscribed_until: Timestamp::from_millis(subscribed_until),
            }),
            ChangeBody::App { id, balance } => Self::App {
                id: id.0,
                balance: MicroUsd::from_micros(balance),
            },
        })
    }
}

impl KeyBody {
    fn new(digest: &KeyDigest, facts: &KeyFacts) -> Self {
        let KeyFacts {
            id,
            organization_id,
            kind,
            environment,
            state,
            expires_at,
            ip_allowlist,
            rate_limit,
        } = facts;
        let RateLimit {
            per_minute,
            per_day,
        } = *rate_limit;
        Self {
            digest: Text(Hex(*digest.as_bytes())),
            id: Text(*id),
            organization_id: Text(*organization_id),
            kind: (*kind).into(),
            environment: Text(*environment),
            state: (*state).into(),
            expires_at: expires_at.map(Timestamp::as_millis),
            ip_allowlist: ip_allowlist
                .as_ref()
                .map(|list| list.networks().iter().map(ToString::to_string).collect()),
            rate_limit: RateLimitBody {
                per_minute,
                per_day,
            },
        }
    }
}

impl TryFrom<KeyBody> for KeyFacts {
    type Error = BodyError;

    fn try_from(body: KeyBody) -> Result<Self, Self::Error> {
        Ok(Self {
            id: body.id.0,
            organization_id: body.organization_id.0,
            kind: body.kind.try_into()?,
            environment: body.environment.0,
            state: body.state.into(),
            expires_at: body.expires_at.map(Timestamp::from_millis),
            ip_allowlist: body
                .ip_allowlist
                .map(|list| Allowlist::parse(&list))
                .transpose()?,
            rate_limit: RateLimit {
                per_minute: body.rate_limit.per_minute,
                per_day: body.rate_limit.per_day,
            },
        })
    }
}

impl From<KeyKind> for KindBody {
    fn from(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Organization { permissions } => Self::Organization {
                permissions: permissions.to_text(),
            },
            KeyKind::App { app_id, service } => Self::App {
                app_id: Text(app_id),
                service: Text(service),
            },
        }
    }
}

impl TryFrom<KindBody> for KeyKind {
    type Error = BodyError;

    fn try_from(body: KindBody) -> Result<Self, Self::Error> {
        Ok(match body {
            KindBody::Organization { permissions } => Self::Organization {
                permissions: permissions.parse::<Permissions>()?,
            },
            KindBody::App { app_id, service } => Self::App {
                app_id: app_id.0,
                service: service.0,
            },
        })
    }
}

impl From<KeyState> for StateBody {
    fn from(state: KeyState) -> Self {
        match state {
            KeyState::Active => Self::Active,
            KeyState::Retiring { since, until } => Self::Retiring {
                since: since.as_millis(),
                until: until.as_millis(),
            },
            KeyState::Suspended { since, was } => Self::Suspended {
                since: since.as_millis(),
                was: match was {
                    Suspendable::Active => SuspendableBody::Active,
                    Suspendable::Retiring { since, until } => SuspendableBody::Retiring {
                        since: since.as_millis(),
                        until: until.as_millis(),
                    },
                },
            },
            KeyState::Revoked { at, by } => Self::Revoked {
                at: at.as_millis(),
                by: Text(by),
            },
        }
    }
}

impl From<StateBody> for KeyState {
    fn from(body: StateBody) -> Self {
        match body {
            StateBody::Active => Self::Active,
            StateBody::Retiring { since, until } => Self::Retiring {
                since: Timestamp::from_millis(since),
                until: Timestamp::from_millis(until),
            },
            StateBody::Suspended { since, was } => Self::Suspended {
                since: Timestamp::from_millis(since),
                was: match was {
                    SuspendableBody::Active => Suspendable::Active,
                    SuspendableBody::Retiring { since, until } => Suspendable::Retiring {
                        since: Timestamp::from_millis(since),
                        until: Timestamp::from_millis(until),
                    },
                },
            },
            StateBody::Revoked { at, by } => Self::Revoked {
                at: Timestamp::from_millis(at),
                by: by.0,
            },
        }
    }
}

/// A member has the right type and the wrong content.
#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error(transparent)]
    Allowlist(#[from] ParseAllowlistError),
    #[error(transparent)]
    Permissions(#[from] mira_core::ParseTextError),
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Hex {
    type Err = ParseHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.as_bytes();
        let (pairs, rest) = digits.as_chunks::<2>();
        if !rest.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(ParseHexError);
        }
        let byte = |pair: &[u8; 2]| {
            let text = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(text, 16).ok()
        };
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(ParseHexError)
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("a digest is 64 hexadecimal digits")]
struct ParseHexError;
