//! Members see, admins act.

use http::StatusCode;

use crate::fixture::World;

#[tokio::test]
async fn member_sees_keys_and_no_way_to_change_them() {
    let world = World::new().await;
    let (key, _) = world.key(&world.admin, "Production").await;
    let app = world.app(&world.admin, "Newsroom").await;
    let member = Some(&world.member);
    for path in [
        "/settings/api-keys".to_owned(),
        "/settings/members".to_owned(),
        "/settings/organization".to_owned(),
        "/apps".to_owned(),
        "/usage".to_owned(),
        format!("/apps/{}", app.id),
        format!("/keys/{}", key.facts.id),
    ] {
        let page = world.get(member, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let (forms, sign_out) = (
            page.body.matches("method=\"post\"").count(),
            page.body.matches("/sign-out"),
        );
        assert_eq!(
            (forms, sign_out.count()),
            (1, 1),
            "{path} sends nothing but the sign-out form"
        );
        for word in [
            "Revoke",
            "Rotate",
            "Edit",
            "Suspend",
            "Rename",
            "Remove",
            "Change",
            "Create API Key",
            "Create Key",
            "Create app",
            "Delete app",
            "Add member",
        ] {
            assert!(
                !page.body.contains(&format!(">{word}</")),
                "{path} offers {word}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_member_sends_anyway_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let (key, _) = world.key(&world.admin, "Production").await;
    let app = world.app(&world.admin, "Newsroom").await;
    let (key_path, app_path) = (
        format!("/keys/{}", key.facts.id),
        format!("/apps/{}", app.id),
    );
    let user_path = format!("/settings/members/{}", world.admin.id);
    let everything = [
        ("name", "Mine"),
        ("permissions", "admin"),
        ("service", "verify"),
        ("grace_period_secs", "0"),
        ("email", "x@acme.example"),
        ("role", "admin"),
        ("state", "suspended"),
        ("plan", "enterprise"),
        ("status", "active"),
        ("amount", "5"),
        ("environment", "production"),
        ("url", "http://127.0.0.1:9/hooks"),
        ("events", "report.completed"),
    ];
    for path in [
        "/settings/api-keys".to_owned(),
        "/settings/members".to_owned(),
        "/settings/webhooks".to_owned(),
        "/settings/organization".to_owned(),
        "/settings/organization/state".to_owned(),
        "/settings/organization/subscription".to_owned(),
        "/organizations".to_owned(),
        "/apps".to_owned(),
        format!("{user_path}/role"),
        format!("{user_path}/remove"),
        format!("{app_path}/keys"),
        format!("{app_path}/rename"),
        format!("{app_path}/topups"),
        format!("{app_path}/adjustments"),
        format!("{app_path}/low-balance"),
        format!("{app_path}/keys/revoke"),
        format!("{app_path}/delete"),
        format!("{key_path}/edit"),
        format!("{key_path}/revoke"),
        format!("{key_path}/rotate"),
        format!("{key_path}/suspend"),
        format!("{key_path}/resume"),
    ] {
        let page = world.post(Some(&world.member), &path, &everything).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        assert!(
            page.body.contains("Your role does not allow this."),
            "{path}"
        );
    }
    assert_eq!(world.keys(&world.admin).await, [key]);
}

#[tokio::test]
async fn pages_that_only_lead_to_actions_are_closed_to_members() {
    let world = World::new().await;
    let (key, _) = world.key(&world.admin, "Production").await;
    let app = world.app(&world.admin, "Newsroom").await;
    for path in [
        "/audit".to_owned(),
        "/organizations".to_owned(),
        "/settings/api-keys/new".to_owned(),
        "/settings/webhooks".to_owned(),
        "/settings/webhooks/new".to_owned(),
        "/apps/new".to_owned(),
        format!("/apps/{}/keys/new", app.id),
        format!("/apps/{}/delete", app.id),
        format!("/keys/{}/edit", key.facts.id),
        format!("/keys/{}/rotate", key.facts.id),
        format!("/keys/{}/revoke", key.facts.id),
        format!("/settings/members/{}/remove", world.admin.id),
    ] {
        let page = world.get(Some(&world.member), &path).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        assert!(
            page.body.contains("Ask an admin of your organization"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn admins_do_not_do_what_superadmins_do() {
    let world = World::new().await;
    let app = world.app(&world.admin, "Newsroom").await;
    let app_path = format!("/apps/{}", app.id);
    let admin = Some(&world.admin);
    let page = world.get(admin, &app_path).await;
    assert!(!page.body.contains("Top up") && page.body.contains("Create Key"));
    let page = world.get(admin, "/settings/organization").await;
    assert!(!page.body.contains("Suspend organization"));
    assert!(!page.body.contains("/organizations"));
    let topup = [("amount", "5")];
    let page = world
        .post(admin, &format!("{app_path}/topups"), &topup)
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let state = [("state", "suspended")];
    let page = world
        .post(admin, "/settings/organization/state", &state)
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let role = [("role", "superadmin")];
    let path = format!("/settings/members/{}/role", world.member.id);
    assert_eq!(
        world.post(admin, &path, &role).await.status,
        StatusCode::FORBIDDEN
    );
}
