//! Every use case that changes something, and where its change must hold before it
//! answers.

/// A use case that changes something. Each goes through
/// [`Console::mutate`](crate::Console), which asks for it by name, so there is none
/// that is not listed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mutator {
    /// Adding a person.
    AddMember,
    /// Taking an invitation.
    AcceptInvitation,
    /// Correcting a balance.
    AdjustBalance,
    /// Signing in.
    BeginSession,
    /// Giving a person another role.
    ChangeMember,
    /// Charging for what a request used.
    Charge,
    /// Making an app.
    CreateApp,
    /// Making an organization.
    CreateOrganization,
    /// Making a webhook.
    CreateWebhook,
    /// Deleting an app, which revokes its keys.
    DeleteApp,
    /// Changing what is written about an app.
    EditApp,
    /// Deleting a webhook.
    DeleteWebhook,
    /// Changing what is written about a key.
    EditKey,
    /// Changing an organization's name or state.
    EditOrganization,
    /// Changing a webhook.
    EditWebhook,
    /// Taking in keys of another system.
    ImportKeys,
    /// Issuing a key.
    IssueKey,
    /// Counting a failed sign-in.
    NoteFailure,
    /// Asking for a delivery to a webhook again.
    Redeliver,
    /// Removing a person, which ends their sessions.
    RemoveMember,
    /// Giving an account another password, which ends its sessions.
    ResetPassword,
    /// Taking a suspension back.
    ResumeKey,
    /// Ending a key for ever.
    RevokeKey,
    /// Ending all keys of one environment of an app.
    RevokeKeyGroup,
    /// Giving a key a successor, which ends it at once or in time.
    RotateKey,
    /// Giving a webhook another secret.
    RotateWebhookSecret,
    /// Setting what an organization has subscribed to.
    SetSubscription,
    /// Making the first organization and person.
    SetUp,
    /// Signing out.
    SignOut,
    /// Stopping a key for now.
    SuspendKey,
    /// Paying money in.
    TopUp,
}

/// Where a change must hold before its call answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// On this node. The others follow soon, or ask the store when they must know.
    Here,
    /// On every node that is well: nobody waits for one that is not.
    Soon,
    /// On every node: nobody acts on what held before.
    Everywhere,
}

impl Mutator {
    /// Every use case that changes something.
    pub const ALL: &'static [Self] = &[
        Self::AddMember,
        Self::AcceptInvitation,
        Self::AdjustBalance,
        Self::BeginSession,
        Self::ChangeMember,
        Self::Charge,
        Self::CreateApp,
        Self::CreateOrganization,
        Self::CreateWebhook,
        Self::DeleteApp,
        Self::EditApp,
        Self::DeleteWebhook,
        Self::EditKey,
        Self::EditOrganization,
        Self::EditWebhook,
        Self::ImportKeys,
        Self::IssueKey,
        Self::NoteFailure,
        Self::Redeliver,
        Self::RemoveMember,
        Self::ResetPassword,
        Self::ResumeKey,
        Self::RevokeKey,
        Self::RevokeKeyGroup,
        Self::RotateKey,
        Self::RotateWebhookSecret,
        Self::SetSubscription,
        Self::SetUp,
        Self::SignOut,
        Self::SuspendKey,
        Self::TopUp,
    ];

    /// Where its change must hold. Everything that can take something away must
    /// hold everywhere, also where it may give as well.
    pub const fn reach(self) -> Reach {
        match self {
            Self::ChangeMember
            | Self::DeleteApp
            | Self::EditKey
            | Self::EditOrganization
            | Self::RemoveMember
            | Self::ResetPassword
            | Self::RevokeKey
            | Self::RevokeKeyGroup
            | Self::RotateKey
            | Self::SetSubscription
            | Self::SuspendKey => Reach::Everywhere,
            Self::ResumeKey => Reach::Soon,
            // Sessions and roles are read from the store at every request, and a
            // balance that runs out cuts nothing off.
            Self::AcceptInvitation
            | Self::AddMember
            | Self::AdjustBalance
            | Self::BeginSession
            | Self::Charge
            | Self::CreateApp
            | Self::CreateOrganization
            | Self::EditApp
            | Self::ImportKeys
            | Self::IssueKey
            | Self::NoteFailure
            | Self::CreateWebhook
            | Self::DeleteWebhook
            | Self::EditWebhook
            | Self::Redeliver
            | Self::RotateWebhookSecret
            | Self::SetUp
            | Self::SignOut
            | Self::TopUp => Reach::Here,
        }
    }
}
