//! Two outcomes and a closed list of reasons.

use mira_key::{KeyDigest, ServiceName};

use crate::{
    Access, AppId, Environment, KeyId, MicroUsd, OrganizationId, Permission, Permissions, Quota,
    Subject,
};

/// The answer to one request. "We could not know" is not among them: that is
/// the verifier's `Unavailable`, and it never lets anybody in.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Yes.
    Allow(Grant),
    /// No.
    Deny(Denied),
}

/// Proof that one access was allowed. Products take it instead of a key; only
/// [`decide`](crate::decide()) leads to one.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    digest: KeyDigest,
    key_id: KeyId,
    organization_id: OrganizationId,
    app_id: Option<AppId>,
    service: Option<ServiceName>,
    environment: Environment,
    permissions: Permissions,
    access: Access,
    quota: Option<Quota>,
}

impl Grant {
    pub(crate) fn new(subject: &Subject<'_>, access: &Access, quota: Option<Quota>) -> Self {
        Self {
            digest: subject.digest,
            key_id: subject.key.id,
            organization_id: subject.key.organization_id,
            app_id: subject.key.app_id(),
            service: subject.key.service(),
            environment: subject.key.environment,
            permissions: subject.key.permissions(),
            access: *access,
            quota,
        }
    }

    /// The digest the key was found by.
    pub fn digest(&self) -> KeyDigest {
        self.digest
    }

    /// The key.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The tenant whose data may be touched, and no other's.
    pub fn organization_id(&self) -> OrganizationId {
        self.organization_id
    }

    /// The app of an app key.
    pub fn app_id(&self) -> Option<AppId> {
        self.app_id
    }

    /// The service of an app key.
    pub fn service(&self) -> Option<ServiceName> {
        self.service
    }

    /// The key's environment.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The permissions of an organization key.
    pub fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// What was allowed.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The window that the response headers describe; absent where none applies.
    pub fn quota(&self) -> Option<Quota> {
        self.quota
    }
}

/// A refusal, with what may be said of the key because its secret matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Denied {
    /// Why.
    pub denial: Denial,
    /// The key, if the complete secret matched.
    pub key: Option<(KeyId, OrganizationId)>,
    /// The window that the response headers describe, if the key is live.
    pub quota: Option<Quota>,
}

impl Denied {
    /// Whether the complete secret matched a live key, so that its windows may
    /// be shown.
    pub fn is_of_live_key(&self) -> bool {
        match self.denial {
            Denial::MissingKey
            | Denial::InvalidKey
            | Denial::AmbiguousCredentials
            | Denial::RevokedKey
            | Denial::ExpiredKey
            | Denial::SuspendedKey => false,
            Denial::WrongService
            | Denial::WrongEnvironment
            | Denial::AddressNotAllowed
            | Denial::SubscriptionRequired
            | Denial::MissingPermission(_)
            | Denial::InsufficientBalance(_)
            | Denial::RateLimitedMinute(_)
            | Denial::RateLimitedDay(_) => true,
        }
    }
}

/// Why a request was refused. Exhaustive on purpose: whoever adds a reason is
/// shown by the compiler every place that must learn it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Denial {
    /// No credential was presented.
    MissingKey,
    /// What was presented is not a key that was issued.
    InvalidKey,
    /// More than one credential was presented.
    AmbiguousCredentials,
    /// The key was revoked, or its grace period is over.
    RevokedKey,
    /// The key's life is over.
    ExpiredKey,
    /// The key or its organization is suspended.
    SuspendedKey,
    /// The key is for another service.
    WrongService,
    /// The key is for another environment.
    WrongEnvironment,
    /// The key may not be used from this address.
    AddressNotAllowed,
    /// The organization has no active Business or Enterprise subscription.
    SubscriptionRequired,
    /// The key lacks this permission.
    MissingPermission(Permission),
    /// The app has nothing left to pay with.
    InsufficientBalance(MicroUsd),
    /// Too many requests in this minute.
    RateLimitedMinute(Quota),
    /// Too many requests on this day.
    RateLimitedDay(Quota),
}

impl Denial {
    /// The stable code, the same at every door and in every document.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingKey => "missing_key",
            Self::InvalidKey => "invalid_key",
            Self::AmbiguousCredentials => "ambiguous_credentials",
            Self::RevokedKey => "revoked_key",
            Self::ExpiredKey => "expired_key",
            Self::SuspendedKey => "suspended_key",
            Self::WrongService => "wrong_service",
            Self::WrongEnvironment => "wrong_environment",
            Self::AddressNotAllowed => "address_not_allowed",
            Self::SubscriptionRequired => "subscription_required",
            Self::MissingPermission(_) => "missing_permission",
            Self::InsufficientBalance(_) => "insufficient_balance",
            Self::RateLimitedMinute(_) => "rate_limited_minute",
            Self::RateLimitedDay(_) => "rate_limited_day",
        }
    }
}
