//! Webhooks as records.

use std::collections::BTreeSet;

use mira_core::{OrganizationId, WebhookId};
use mira_webhook::{Event, SigningSecret, Webhook};

use crate::world::{Counting, NOW, ORGANIZATION, databases, insert, webhook, write};

#[tokio::test]
async fn a_webhook_is_kept_as_it_was_written() {
    for db in databases().await {
        let mut hook = webhook("https://example.com/hooks", Event::ALL);
        insert(&db, &hook).await;
        assert_eq!(get(&db, hook.id).await, Some(hook.clone()));

        hook.url = "https://example.com/other".parse().unwrap();
        hook.events = BTreeSet::from([Event::MeetingFailed]);
        hook.is_enabled = false;
        hook.description = String::new();
        let next = SigningSecret::generate(&Counting).unwrap();
        hook.secrets = hook.secrets.rotate(next, NOW);
        let changed = hook.clone();
        let was_there = write!(db, |tx| mira_webhook::update(tx, &changed));
        assert!(was_there);
        assert_eq!(get(&db, hook.id).await, Some(hook));
    }
}

#[tokio::test]
async fn a_list_holds_the_webhooks_of_one_organization_newest_first() {
    for db in databases().await {
        let (first, second) = (
            webhook("https://example.com/1", Event::ALL),
            webhook("https://example.com/2", Event::ALL),
        );
        let mut foreign = webhook("https://example.com/3", Event::ALL);
        foreign.organization_id = OrganizationId::from_bytes([2; 16]);
        for hook in [&first, &second, &foreign] {
            insert(&db, hook).await;
        }
        let listed = write!(db, |tx| mira_webhook::list(tx, ORGANIZATION));
        assert_eq!(listed, [second, first]);
    }
}

#[tokio::test]
async fn a_deleted_webhook_is_gone_and_cannot_be_changed() {
    for db in databases().await {
        let hook = webhook("https://example.com/1", Event::ALL);
        insert(&db, &hook).await;
        let id = hook.id;
        assert!(write!(db, |tx| mira_webhook::delete(tx, id)));
        assert!(!write!(db, |tx| mira_webhook::delete(tx, id)));
        let update = write!(db, |tx| mira_webhook::update(tx, &hook));
        assert!(!update);
        assert_eq!(get(&db, id).await, None);
    }
}

#[test]
fn a_secret_can_be_read_back_and_is_not_printed() {
    let secret = SigningSecret::generate(&Counting).unwrap();
    let text = secret.expose();
    assert_eq!(text.parse::<SigningSecret>().unwrap(), secret);
    assert!(!format!("{secret:?}").contains(&text[6..12]));
    for bad in ["", "whsec_", "whsec_AAAA", &text[1..], "whsec_!!!"] {
        assert!(bad.parse::<SigningSecret>().is_err(), "{bad}");
    }
}

async fn get(db: &mira_db::Database, id: WebhookId) -> Option<Webhook> {
    write!(db, |tx| mira_webhook::get(tx, id))
}
