//! One organization does not see another.

use http::StatusCode;

use crate::fixture::World;

#[tokio::test]
async fn ids_of_another_organization_are_404_pages() {
    let world = World::new().await;
    let (key, _) = world.key(&world.admin, "Hidden name").await;
    let app = world.app(&world.admin, "Hidden name").await;
    let (key, app) = (key.facts.id, app.id);
    for path in [
        format!("/keys/{key}"),
        format!("/keys/{key}/edit"),
        format!("/keys/{key}/rotate"),
        format!("/keys/{key}/revoke"),
        format!("/apps/{app}"),
        format!("/apps/{app}/keys/new"),
        format!("/apps/{app}/delete"),
        format!("/settings/members/{}/remove", world.member.id),
        format!(
            "/settings/api-keys?organization={}",
            world.admin.organization_id
        ),
        format!("/audit?organization={}", world.admin.organization_id),
    ] {
        let page = world.get(Some(&world.stranger), &path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.body.contains("not found."), "{path}");
        assert!(!page.body.contains("Hidden name"), "{path}");
    }
    for path in [
        format!("/keys/{key}/revoke"),
        format!("/keys/{key}/suspend"),
        format!("/apps/{app}/delete"),
        format!("/settings/members/{}/remove", world.member.id),
        format!(
            "/settings/api-keys?organization={}",
            world.admin.organization_id
        ),
    ] {
        let fields = [("name", "Theirs"), ("permissions", "read")];
        let page = world.post(Some(&world.stranger), &path, &fields).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(world.keys(&world.admin).await.len(), 1);
}

#[tokio::test]
async fn malformed_ids_are_404_pages() {
    let world = World::new().await;
    for path in [
        "/keys/1",
        "/apps/app_%00",
        "/settings/api-keys?organization=x",
    ] {
        let page = world.get(Some(&world.superadmin), path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn choice_of_a_superadmin_travels_in_every_link() {
    let world = World::new().await;
    let (key, _) = world.key(&world.stranger, "Globex production").await;
    let chosen = format!("organization={}", world.stranger.organization_id);
    let superadmin = Some(&world.superadmin);
    let list = format!("/settings/api-keys?{chosen}");
    let page = world.get(superadmin, &list).await;
    assert!(page.body.contains("Globex production"));
    let local = page.body.matches("href=\"/").count();
    let kept = page.body.matches(&chosen).count();
    let elsewhere = page.body.matches("href=\"/assets").count();
    // The switcher's entry for their own organization is the one that drops it.
    assert_eq!(local - elsewhere, kept + 1, "{}", page.body);
    let page = world.get(superadmin, "/settings/api-keys").await;
    assert!(!page.body.contains("Globex production"));
    let fields = [("name", "Made from outside"), ("permissions", "read")];
    let page = world.post(superadmin, &list, &fields).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(world.keys(&world.stranger).await.len(), 2);
    let revoke = format!("/keys/{}/revoke?{chosen}", key.facts.id);
    let page = world.post(superadmin, &revoke, &[]).await;
    let back = page.header("location");
    assert!(
        back.starts_with(&format!("{list}&notice=key-revoked")),
        "{back}"
    );
}

#[tokio::test]
async fn only_superadmins_have_a_switcher() {
    let world = World::new().await;
    for (user, has) in [
        (&world.superadmin, true),
        (&world.admin, false),
        (&world.member, false),
    ] {
        let page = world.get(Some(user), "/usage").await;
        assert_eq!(page.body.contains("Globex"), has);
        assert_eq!(page.body.contains("class=\"switcher\""), has);
    }
}
