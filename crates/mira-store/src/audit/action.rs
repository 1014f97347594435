//! What can be done, as the audit trail names it.

use crate::words::words;

/// An action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// A key was issued.
    KeyCreated,
    /// A key's description was changed.
    KeyChanged,
    /// A key got a successor.
    KeyRotated,
    /// A key was stopped for now.
    KeySuspended,
    /// A key's suspension was taken back.
    KeyResumed,
    /// A key was ended for ever.
    KeyRevoked,
    /// An organization was made.
    OrganizationCreated,
    /// An organization's name or state was changed.
    OrganizationChanged,
    /// An organization's subscription was changed.
    SubscriptionChanged,
    /// A person joined an organization.
    MemberAdded,
    /// A person got another role.
    MemberChanged,
    /// A person was removed.
    MemberRemoved,
    /// An app was made.
    AppCreated,
    /// An app's name was changed.
    AppChanged,
    /// An app was deleted and its keys revoked.
    AppDeleted,
    /// Money was paid in.
    BalanceToppedUp,
    /// A balance was corrected.
    BalanceAdjusted,
    /// A webhook was made.
    WebhookCreated,
    /// A webhook's address, events or state was changed.
    WebhookChanged,
    /// A webhook got another signing secret.
    WebhookSecretRotated,
    /// A webhook was deleted.
    WebhookDeleted,
    /// A delivery to a webhook was asked for again.
    WebhookRedelivered,
    /// A person signed in.
    SessionCreated,
    /// A person signed out, or was signed out.
    SessionEnded,
    /// Somebody tried to sign in.
    SignInFailed,
    /// A person set their password.
    UserPasswordSet,
    /// Keys of another system were taken in.
    KeysImported,
    /// The installation got its first superadmin.
    InstallationSetUp,
}

words!(pub Action, "action", {
    KeyCreated => "key.created",
    KeyChanged => "key.changed",
    KeyRotated => "key.rotated",
    KeySuspended => "key.suspended",
    KeyResumed => "key.resumed",
    KeyRevoked => "key.revoked",
    OrganizationCreated => "organization.created",
    OrganizationChanged => "organization.changed",
    SubscriptionChanged => "subscription.changed",
    MemberAdded => "member.added",
    MemberChanged => "member.changed",
    MemberRemoved => "member.removed",
    AppCreated => "app.created",
    AppChanged => "app.changed",
    AppDeleted => "app.deleted",
    BalanceToppedUp => "balance.topped_up",
    BalanceAdjusted => "balance.adjusted",
    WebhookCreated => "webhook.created",
    WebhookChanged => "webhook.changed",
    WebhookSecretRotated => "webhook.secret_rotated",
    WebhookDeleted => "webhook.deleted",
    WebhookRedelivered => "webhook.redelivered",
    SessionCreated => "session.created",
    SessionEnded => "session.ended",
    SignInFailed => "sign_in.failed",
    UserPasswordSet => "user.password_set",
    KeysImported => "keys.imported",
    InstallationSetUp => "installation.set_up",
});
