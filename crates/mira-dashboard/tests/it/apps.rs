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
