//! The cases, by the use case and by the member that is edited.

use mira_console::Mutator;

/// A way to take something away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Revoke,
    RevokeGroup,
    Suspend,
    RotateWithoutGrace,
    NarrowPermissions,
    NarrowAddresses,
    ChangeEnvironment,
    LowerRateLimit,
    BringExpiryForward,
    BringRetirementForward,
    DeleteApp,
    SuspendOrganization,
    LapseSubscription,
    DemoteMember,
    RemoveMember,
    ResetPassword,
}

/// What is heard by whoever repeats a call whose answer was lost. It is said after the
/// barrier in every case but the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// What the first call said, but for these members.
    SameBut(&'static [&'static str]),
    /// That it is over: what has ended takes no edit.
    Conflict,
}

/// The cases of a use case; none for one that takes nothing away.
pub(super) fn cases(mutator: Mutator) -> &'static [Case] {
    match mutator {
        Mutator::ChangeMember => &[Case::DemoteMember],
        Mutator::DeleteApp => &[Case::DeleteApp],
        Mutator::EditKey => &[
            Case::NarrowPermissions,
            Case::NarrowAddresses,
            Case::ChangeEnvironment,
            Case::LowerRateLimit,
            Case::BringExpiryForward,
            Case::BringRetirementForward,
        ],
        Mutator::EditOrganization => &[Case::SuspendOrganization],
        Mutator::RemoveMember => &[Case::RemoveMember],
        Mutator::ResetPassword => &[Case::ResetPassword],
        Mutator::RevokeKey => &[Case::Revoke],
        Mutator::RevokeKeyGroup => &[Case::RevokeGroup],
        Mutator::RotateKey => &[Case::RotateWithoutGrace],
        Mutator::SetSubscription => &[Case::LapseSubscription],
        Mutator::SuspendKey => &[Case::Suspend],
        _ => &[],
    }
}

/// The case in which an edit of this member of a key takes something away; none for one
/// that decides nothing.
pub(super) fn case_of_member(member: &str) -> Option<Case> {
    match member {
        "name" => None,
        "permissions" => Some(Case::NarrowPermissions),
        "environment" => Some(Case::ChangeEnvironment),
        "expires_at" => Some(Case::BringExpiryForward),
        "ip_allowlist" => Some(Case::NarrowAddresses),
        "rate_limit" => Some(Case::LowerRateLimit),
        "retires_at" => Some(Case::BringRetirementForward),
        other => panic!("{other} of a key can be edited and has no case"),
    }
}

impl Case {
    pub(super) fn repeat(self) -> Repeat {
        match self {
            // Those that this call revoked, which are none.
            Self::RevokeGroup => Repeat::SameBut(&["count", "keys"]),
            // The secret, which is shown once.
            Self::RotateWithoutGrace => Repeat::SameBut(&["key"]),
            Self::BringExpiryForward | Self::BringRetirementForward => Repeat::Conflict,
            _ => Repeat::SameBut(&[]),
        }
    }
}
