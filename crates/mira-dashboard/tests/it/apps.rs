//! Apps, their keys and their money.

use http::StatusCode;
use mira_core::Standing;

use crate::fixture::World;
use crate::keys::shown_key;

#[tokio::test]
async fn app_is_created_renamed_and_deleted_with_its_keys() {
    let world = World::new().await;
    let admin = Some(&world.admin);
    let page = world.post(admin, "/apps", &[("name", "Newsroom")]).await;
    let location = page.header("location").to_owned();
    let path = location.split('?').next().unwrap();
    assert!(
        world
            .get(admin, &location)
            .await
            .body
            .contains("The app is created.")
    );
    let fields = [("service", "verify"), ("name", "Press")];
    world.post(admin, &format!("{path}/keys"), &fields).await;
    let key = world.keys(&world.admin).await.remove(0);
    let cards = world.get(admin, "/apps").await.body;
    assert!(cards.contains("Newsroom") && cards.contains("1 key ·"));
    world
        .post(admin, &format!("{path}/rename"), &[("name", "Desk")])
        .await;
    assert!(world.get(admin, path).await.body.contains("<h1>Desk</h1>"));
    let question = world.get(admin, &format!("{path}/delete")).await;
    assert!(question.body.contains("Delete Desk?"));
    let page = world.post(admin, &format!("{path}/delete"), &[]).await;
    let said = world.get(admin, page.header("location")).await;
    assert!(
        said.body
            .contains("The keys stopped working everywhere (proof: local,")
    );
    assert!(matches!(
        world.standing(&key).await,
        Standing::Revoked { .. }
    ));
    assert_eq!(world.get(admin, path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn app_key_is_made_for_a_chosen_service_and_shown_once() {
    let world = World::new().await;
    let admin = Some(&world.admin);
    let path = format!("/apps/{}", world.app(&world.admin, "Newsroom").await.id);
    let form = world.get(admin, &format!("{path}/keys/new")).await;
    assert!(form.body.contains("<strong>Verify</strong>"));
    assert!(form.body.contains("<strong>Inference</strong>"));
    let mark = form.mark();
    let fields = [("form", mark.as_str()), ("service", "verify")];
    let page = world.post(admin, &format!("{path}/keys"), &fields).await;
    let key = shown_key(&page);
    assert!(key.starts_with("mk_verify_"));
    assert!(
        page.body
            .contains("http://mira.example:8080/verify/v1/stream")
    );
    assert!(
        page.body
            .contains("{&quot;fact&quot;: &quot;Your fact to verify&quot;}")
    );
    let again = world.post(admin, &format!("{path}/keys"), &fields).await;
    assert!(again.body.contains("This key was already shown") && !again.body.contains(&key));
    let reloaded = world.get(admin, &format!("{path}/keys")).await;
    assert_eq!(reloaded.header("location"), path);
    let app = world.get(admin, &path).await;
    assert!(app.body.contains("verify key") && !app.body.contains(&key));
    assert!(
        !world
            .get(admin, "/settings/api-keys")
            .await
            .body
            .contains("verify key")
    );
    let unknown = [("service", "mail")];
    let page = world.post(admin, &format!("{path}/keys"), &unknown).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.body.contains("There is no service called mail."));
}

#[tokio::test]
async fn revoking_an_app_key_leads_back_to_its_app() {
    let world = World::new().await;
    let admin = Some(&world.admin);
    let path = format!("/apps/{}", world.app(&world.admin, "Newsroom").await.id);
    let fields = [("service", "verify"), ("name", "Press")];
    world.post(admin, &format!("{path}/keys"), &fields).await;
    let key = world.keys(&world.admin).await.remove(0);
    let revoke = format!("/keys/{}/revoke", key.facts.id);
    assert!(world.get(admin, &path).await.body.contains(&revoke));
    let page = world.post(admin, &revoke, &[]).await;
    assert!(
        page.header("location")
            .starts_with(&format!("{path}?notice=key-revoked"))
    );
    let said = world.get(admin, page.header("location")).await;
    assert!(said.body.contains("Key <strong>Press</strong> is revoked."));
}

#[tokio::test]
async fn top_up_moves_the_balance_and_stands_in_the_transactions() {
    let world = World::new().await;
    let superadmin = Some(&world.superadmin);
    let path = format!("/apps/{}", world.app(&world.admin, "Newsroom").await.id);
    for (amount, status) in [
        ("25.50", StatusCode::SEE_OTHER),
        ("0", StatusCode::BAD_REQUEST),
        ("-1", StatusCode::BAD_REQUEST),
        ("NaN", StatusCode::BAD_REQUEST),
        ("a lot", StatusCode::BAD_REQUEST),
    ] {
        let fields = [("amount", amount), ("reason", "First invoice")];
        let page = world
            .post(superadmin, &format!("{path}/topups"), &fields)
            .await;
        assert_eq!(page.status, status, "{amount}");
    }
    let page = world.get(Some(&world.member), &path).await;
    assert!(page.body.contains("First invoice"));
    assert_eq!(
        page.body.matches("$25.50").count(),
        3,
        "the balance, the amount, the balance after"
    );
}

#[tokio::test]
async fn money_moves_once_for_each_form_and_a_low_balance_shows() {
    let world = World::new().await;
    let (admin, root) = (Some(&world.admin), Some(&world.superadmin));
    let path = format!("/apps/{}", world.app(&world.admin, "Newsroom").await.id);
    let mark = world.get(root, &path).await.mark();
    for _ in 0..2 {
        let fields = [
            ("form", mark.as_str()),
            ("amount", "$25.00"),
            ("reason", "Invoice 1"),
        ];
        let page = world.post(root, &format!("{path}/topups"), &fields).await;
        let said = world.get(root, page.header("location")).await.body;
        assert!(said.contains("The balance is topped up."));
        assert!(said.contains("</span>$25.00"), "{said}");
    }
    for _ in 0..2 {
        let fields = [
            ("form", mark.as_str()),
            ("amount", "-2.5"),
            ("reason", "Rounding"),
        ];
        let page = world
            .post(root, &format!("{path}/adjustments"), &fields)
            .await;
        let said = world.get(root, page.header("location")).await.body;
        assert!(said.contains("The balance is adjusted."));
        assert!(said.contains("</span>$22.50") && said.contains("-$2.50"));
    }
    let form = world.get(admin, &path).await.body;
    assert!(
        !form.contains("/adjustments"),
        "admins do not correct balances"
    );
    for (threshold, is_low) in [
        ("22.51", true),
        ("$22.50", false),
        ("30", true),
        ("", false),
    ] {
        let fields = [("amount", threshold)];
        let page = world
            .post(admin, &format!("{path}/low-balance"), &fields)
            .await;
        let said = world.get(admin, page.header("location")).await.body;
        assert!(said.contains("The app is changed."));
        for page in [said, world.get(admin, "/apps").await.body] {
            assert_eq!(page.contains(">Low</span>"), is_low, "{threshold}");
        }
    }
    let bad = world
        .post(admin, &format!("{path}/low-balance"), &[("amount", "much")])
        .await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn one_environment_is_looked_at_and_then_revoked_together() {
    let world = World::new().await;
    let admin = Some(&world.admin);
    let path = format!("/apps/{}", world.app(&world.admin, "Newsroom").await.id);
    for (name, service, environment) in [
        ("Press", "verify", "staging"),
        ("Radio", "inference", "staging"),
        ("Print", "verify", "production"),
    ] {
        let fields = [
            ("name", name),
            ("service", service),
            ("environment", environment),
        ];
        world.post(admin, &format!("{path}/keys"), &fields).await;
    }
    let shown = world
        .get(admin, &format!("{path}?environment=staging&service=verify"))
        .await;
    assert!(shown.body.contains("Press") && !shown.body.contains("Radio"));
    let staging = format!("{path}?environment=staging");
    let shown = world.get(admin, &staging).await.body;
    assert!(shown.contains("Radio") && !shown.contains("Print"));
    let revoke = format!("{path}/keys/revoke");
    let question = format!("{revoke}?environment=staging");
    assert!(shown.contains(&question) && shown.contains("Revoke all of staging"));
    let member = world.get(Some(&world.member), &staging).await.body;
    assert!(!member.contains("Revoke all of"));

    let page = world.get(admin, &question).await.body;
    assert!(page.contains("Revoke 2 keys of staging?"));
    assert!(page.contains("Press") && page.contains("Radio") && !page.contains("Print"));
    let fields = [("environment", "staging"), ("reason", "Broken into")];
    let done = world.post(admin, &revoke, &fields).await;
    let said = world.get(admin, done.header("location")).await.body;
    assert!(said.contains("The keys are revoked.") && said.contains("(proof: local,"));
    assert!(said.contains("Print") && !said.contains(">Press<"));
    let again = world.post(admin, &revoke, &fields).await;
    let said = world.get(admin, again.header("location")).await.body;
    assert!(said.contains("There was no key left to revoke."));
    let refused = world.post(Some(&world.member), &revoke, &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
