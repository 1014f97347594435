//! Organizations: names, subscriptions and states.

use http::StatusCode;

use crate::fixture::World;

const PATH: &str = "/settings/organization";

#[tokio::test]
async fn admin_renames_their_organization() {
    let world = World::new().await;
    let page = world
        .post(Some(&world.admin), PATH, &[("name", "Acme & Sons")])
        .await;
    let said = world.get(Some(&world.admin), page.header("location")).await;
    assert!(said.body.contains("The organization is renamed."));
    assert!(said.body.contains("Acme &amp; Sons"));
}

#[tokio::test]
async fn superadmin_changes_the_subscription_and_tells_since_when_it_holds() {
    let world = World::new().await;
    let superadmin = Some(&world.superadmin);
    let fields = [
        ("plan", "business"),
        ("status", "active"),
        ("current_period_end", "2001-01-01T00:00"),
    ];
    let path = format!("{PATH}/subscription");
    let page = world.post(superadmin, &path, &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
    let said = world.get(superadmin, page.header("location")).await;
    assert!(
        said.body
            .contains("The subscription is changed. The change holds everywhere")
    );
    assert!(said.body.contains("no API access"));
    assert_eq!(said.value("current_period_end"), "2001-01-01T00:00");
    let unknown = [("plan", "gold"), ("status", "active")];
    let page = world.post(superadmin, &path, &unknown).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn suspended_organization_says_so_on_every_page() {
    let world = World::new().await;
    let path = format!("{PATH}/state");
    let suspended = [("state", "suspended")];
    let page = world.post(Some(&world.superadmin), &path, &suspended).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let list = world.get(Some(&world.member), "/settings/api-keys").await;
    assert!(list.body.contains("This organization is suspended."));
    let active = [("state", "active")];
    world.post(Some(&world.superadmin), &path, &active).await;
    let list = world.get(Some(&world.member), "/settings/api-keys").await;
    assert!(!list.body.contains("This organization is suspended."));
}

#[tokio::test]
async fn superadmin_creates_an_organization_and_looks_at_it() {
    let world = World::new().await;
    let superadmin = Some(&world.superadmin);
    let page = world
        .post(superadmin, "/organizations", &[("name", "Initech")])
        .await;
    let there = world.get(superadmin, page.header("location")).await;
    assert!(there.body.contains("<h1>Initech"));
    assert!(there.body.contains("The organization is created."));
    assert!(
        world
            .get(superadmin, "/organizations")
            .await
            .body
            .contains("Initech")
    );
}
