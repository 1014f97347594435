//! Small words in color: what state a thing is in.

use maud::{Markup, html};
use mira_core::{OrganizationState, Permissions, Role, Standing, Subscription, Timestamp};

/// Where a key is in its life.
pub(crate) fn standing(standing: Standing) -> Markup {
    let tone = match standing {
        Standing::Active => "good",
        Standing::Retiring { .. } | Standing::Suspended => "warn",
        Standing::Revoked { .. } => "bad",
        Standing::Expired => "off",
    };
    badge(tone, standing.as_str())
}

/// Whether an organization's keys may be used.
pub(crate) fn organization_state(state: OrganizationState) -> Markup {
    let tone = match state {
        OrganizationState::Active => "good",
        OrganizationState::Suspended => "bad",
    };
    badge(tone, state.as_str())
}

/// Whether a subscription opens the API.
pub(crate) fn subscription(subscription: Subscription, now: Timestamp) -> Markup {
    if subscription.is_active(now) {
        badge("good", "API access")
    } else {
        badge("off", "no API access")
    }
}

/// What a person may do.
pub(crate) fn role(role: Role) -> Markup {
    html! { span.tag { (role.as_str()) } }
}

/// What an organization key may do.
pub(crate) fn permissions(permissions: Permissions) -> Markup {
    html! { span.tags { @for one in permissions.iter() { span.tag { (one.as_str()) } } } }
}

/// A word in a tone: `good`, `warn`, `bad` or `off`.
pub(crate) fn badge(tone: &str, word: &str) -> Markup {
    html! { span class={ "badge " (tone) } { (word) } }
}
