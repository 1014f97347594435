//! What the last action has to say, on the page that it redirects to.
//!
//! It travels in the query as a word of a closed set, a key's id and an effect,
//! never as text, so that a link cannot put words into our mouth. What it says
//! of a key is shown only if the key's record says so too.

use maud::{Markup, html};
use mira_console::{Caller, Console, Effect, Proof};
use mira_core::{KeyId, KeyRecord, Standing, Timestamp};

use crate::fields::Fields;
use crate::href::Href;

const NOTICE: &str = "notice";
const KEY: &str = "key";
const EFFECT: &str = "effect";

/// What an action did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    KeyRevoked,
    KeySuspended,
    KeyResumed,
    KeyChanged,
    KeysRevoked,
    NoKeysRevoked,
    AppCreated,
    AppChanged,
    AppDeleted,
    BalanceToppedUp,
    BalanceAdjusted,
    MemberChanged,
    MemberRemoved,
    OrganizationCreated,
    OrganizationChanged,
    OrganizationSuspended,
    OrganizationActivated,
    SubscriptionChanged,
    WebhookChanged,
    WebhookDeleted,
    WebhookRedelivered,
}

/// A notice, what it is about, and since when it holds.
pub(crate) struct Flash {
    notice: Notice,
    key: Option<KeyRecord>,
    effect: Option<Effect>,
}

impl Notice {
    const ALL: &[Self] = &[
        Self::KeyRevoked,
        Self::KeySuspended,
        Self::KeyResumed,
        Self::KeyChanged,
        Self::KeysRevoked,
        Self::NoKeysRevoked,
        Self::AppCreated,
        Self::AppChanged,
        Self::AppDeleted,
        Self::BalanceToppedUp,
        Self::BalanceAdjusted,
        Self::MemberChanged,
        Self::MemberRemoved,
        Self::OrganizationCreated,
        Self::OrganizationChanged,
        Self::OrganizationSuspended,
        Self::OrganizationActivated,
        Self::SubscriptionChanged,
        Self::WebhookChanged,
        Self::WebhookDeleted,
        Self::WebhookRedelivered,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::KeyRevoked => "key-revoked",
            Self::KeySuspended => "key-suspended",
            Self::KeyResumed => "key-resumed",
            Self::KeyChanged => "key-changed",
            Self::KeysRevoked => "keys-revoked",
            Self::NoKeysRevoked => "no-keys-revoked",
            Self::AppCreated => "app-created",
            Self::AppChanged => "app-changed",
            Self::AppDeleted => "app-deleted",
            Self::BalanceToppedUp => "balance-topped-up",
            Self::BalanceAdjusted => "balance-adjusted",
            Self::MemberChanged => "member-changed",
            Self::MemberRemoved => "member-removed",
            Self::OrganizationCreated => "organization-created",
            Self::OrganizationChanged => "organization-changed",
            Self::OrganizationSuspended => "organization-suspended",
            Self::OrganizationActivated => "organization-activated",
            Self::SubscriptionChanged => "subscription-changed",
            Self::WebhookChanged => "webhook-changed",
            Self::WebhookDeleted => "webhook-deleted",
            Self::WebhookRedelivered => "webhook-redelivered",
        }
    }

    /// What was done, without its subject if that is a key.
    const fn text(self) -> &'static str {
        match self {
            Self::KeyRevoked => "is revoked.",
            Self::KeySuspended => "is suspended.",
            Self::KeyResumed => "works again.",
            Self::KeyChanged => "is changed.",
            Self::KeysRevoked => "The keys are revoked.",
            Self::NoKeysRevoked => "There was no key left to revoke.",
            Self::AppCreated => "The app is created. Create a key to use it.",
            Self::AppChanged => "The app is changed.",
            Self::AppDeleted => "The app is deleted and its keys are revoked.",
            Self::BalanceToppedUp => "The balance is topped up.",
            Self::BalanceAdjusted => "The balance is adjusted.",
            Self::MemberChanged => "The role is changed. It holds from the next request on.",
            Self::MemberRemoved => "The member is removed and signed out everywhere.",
            Self::OrganizationCreated => "The organization is created.",
            Self::OrganizationChanged => "The organization is renamed.",
            Self::OrganizationSuspended => "The organization is suspended, and so are its keys.",
            Self::OrganizationActivated => "The organization is active again.",
            Self::SubscriptionChanged => "The subscription is changed.",
            Self::WebhookChanged => "The webhook is changed.",
            Self::WebhookDeleted => "The webhook is deleted.",
            Self::WebhookRedelivered => "It is sent again within a second.",
        }
    }

    /// What its effect is called.
    const fn outcome(self) -> (&'static str, &'static str) {
        match self {
            Self::KeyRevoked | Self::KeySuspended => (
                "It stopped working everywhere",
                "It stops working everywhere",
            ),
            Self::AppDeleted | Self::KeysRevoked => (
                "The keys stopped working everywhere",
                "The keys stop working everywhere",
            ),
            _ => ("The change holds everywhere", "The change holds everywhere"),
        }
    }

    const fn is_about_a_key(self) -> bool {
        matches!(
            self,
            Self::KeyRevoked | Self::KeySuspended | Self::KeyResumed | Self::KeyChanged
        )
    }

    /// Whether the key's record bears the notice out.
    fn is_true_of(self, key: &KeyRecord, now: Timestamp) -> bool {
        let standing = key.standing(now);
        match self {
            Self::KeyRevoked => matches!(standing, Standing::Revoked { .. }),
            Self::KeySuspended => standing == Standing::Suspended,
            Self::KeyResumed => matches!(standing, Standing::Active | Standing::Retiring { .. }),
            _ => true,
        }
    }
}

impl Href {
    /// The same page, which will show `notice`.
    pub(crate) fn saying(self, notice: Notice) -> Self {
        self.with(NOTICE, notice.word())
    }

    /// The same, which will say about which key.
    pub(crate) fn about(self, key: KeyId) -> Self {
        self.with(KEY, key)
    }

    /// The same, which will say since when the change holds.
    pub(crate) fn since(self, effect: Effect) -> Self {
        self.with(EFFECT, effect_word(effect))
    }
}

impl Flash {
    /// What the query says, if it is true. A query that says something else is
    /// no reason to refuse a page.
    pub(crate) async fn of_query(
        query: &Fields,
        console: &Console,
        caller: &Caller,
    ) -> Option<Self> {
        let word = query.given(NOTICE)?;
        let notice = Notice::ALL
            .iter()
            .copied()
            .find(|notice| notice.word() == word)?;
        let effect = query.given(EFFECT).and_then(read_effect);
        let key = if notice.is_about_a_key() {
            let id = query.parsed(KEY).ok()??;
            let key = console.key(caller, id).await.ok()?;
            Some(key).filter(|key| notice.is_true_of(key, console.now()))
        } else {
            None
        };
        (key.is_some() == notice.is_about_a_key()).then_some(Self {
            notice,
            key,
            effect,
        })
    }

    /// The sentence.
    pub(crate) fn render(&self) -> Markup {
        html! {
            div.flash role="status" {
                p {
                    @if let Some(key) = &self.key { "Key " strong { (key.name) } " " }
                    (self.notice.text())
                    @if let Some(effect) = self.effect { " " (outcome(self.notice.outcome(), effect)) }
                }
            }
        }
    }
}

/// Since when a change holds: `done` or `pending` is what it is called.
pub(crate) fn outcome((done, pending): (&str, &str), effect: Effect) -> String {
    match effect {
        Effect::Effective {
            proof,
            nodes,
            waited_ms,
        } => {
            let nodes = if nodes > 1 {
                format!("{nodes} nodes, ")
            } else {
                String::new()
            };
            let proof = proof.as_str();
            format!("{done} ({nodes}proof: {proof}, waited {waited_ms} ms).")
        }
        Effect::Pending { within_ms } => format!("{pending} within {within_ms} ms."),
    }
}

fn effect_word(effect: Effect) -> String {
    match effect {
        Effect::Effective {
            proof,
            nodes,
            waited_ms,
        } => format!("{}.{nodes}.{waited_ms}", proof.as_str()),
        Effect::Pending { within_ms } => format!("pending.{within_ms}"),
    }
}

fn read_effect(word: &str) -> Option<Effect> {
    let mut parts = word.split('.');
    let first = parts.next()?;
    let effect = if first == "pending" {
        Effect::Pending {
            within_ms: parts.next()?.parse().ok()?,
        }
    } else {
        let proofs = [Proof::Local, Proof::Acks, Proof::LeaseExpiry];
        Effect::Effective {
            proof: proofs.into_iter().find(|proof| proof.as_str() == first)?,
            nodes: parts.next()?.parse().ok()?,
            waited_ms: parts.next()?.parse().ok()?,
        }
    };
    parts.next().is_none().then_some(effect)
}

#[cfg(test)]
mod tests {
    use mira_console::{Effect, Proof};

    use super::{effect_word, read_effect};

    #[test]
    fn effects_survive_the_query() {
        let effects = [
            Effect::Pending { within_ms: 5_000 },
            Effect::Effective {
                proof: Proof::LeaseExpiry,
                nodes: 3,
                waited_ms: 12,
            },
        ];
        for effect in effects {
            assert_eq!(read_effect(&effect_word(effect)), Some(effect));
        }
        for bad in [
            "",
            "local",
            "local.1",
            "local.1.2.3",
            "magic.1.2",
            "pending.x",
        ] {
            assert_eq!(read_effect(bad), None, "{bad}");
        }
    }
}
