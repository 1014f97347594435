//! Usage and the audit log.

use http::StatusCode;
use mira_console::Tally;

use crate::fixture::World;

#[tokio::test]
async fn usage_shows_the_last_thirty_days_by_day_and_by_key() {
    let world = World::new().await;
    let (key, _) = world.key(&world.admin, "Busy").await;
    for (days_ago, allowed) in [(0, 1_234), (29, 1), (30, 50_000)] {
        let tally = Tally { allowed, denied: 7 };
        world.count_use(&key, days_ago, tally).await;
    }
    let page = world.get(Some(&world.member), "/usage").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("<dd>1,235</dd>") && page.body.contains("<dd>14</dd>"));
    assert!(!page.body.contains("50,000"), "that is longer ago");
    assert_eq!(page.body.matches("class=\"day\"").count(), 30);
    assert!(page.body.contains("1,234 allowed, 7 denied</title>"));
    assert!(page.body.contains(&format!("/keys/{}", key.facts.id)));
}

#[tokio::test]
async fn audit_log_names_who_did_what_and_can_be_filtered() {
    let world = World::new().await;
    let admin = Some(&world.admin);
    let (key, _) = world.key(&world.admin, "Production").await;
    world
        .post(admin, &format!("/keys/{}/suspend", key.facts.id), &[])
        .await;
    let page = world.get(admin, "/audit").await;
    assert!(page.body.contains("admin@acme.example"));
    assert!(page.body.contains("<code>key.created</code>"));
    assert!(page.body.contains("<code>key.suspended</code>"));
    let page = world.get(admin, "/audit?action=key.suspended").await;
    assert!(!page.body.contains("<code>key.created</code>"));
    let unknown = world.get(admin, "/audit?action=nonsense").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn long_audit_log_is_walked_page_by_page() {
    let world = World::new().await;
    let admin = Some(&world.admin);
    for at in 0..60 {
        world.key(&world.admin, &format!("Key number {at}")).await;
    }
    let first = world.get(admin, "/audit?action=key.created").await;
    assert!(first.body.contains("Key number 59") && !first.body.contains("Key number 5<"));
    let links = first.body.split("href=\"");
    let mut older = links.filter_map(|link| link.split('"').next());
    let older = older.find(|link| link.contains("cursor=")).unwrap();
    let second = world.get(admin, &older.replace("&amp;", "&")).await;
    assert!(second.body.contains("Key number 5<") && !second.body.contains("Key number 59"));
    assert!(second.body.contains("Newest"));
}
