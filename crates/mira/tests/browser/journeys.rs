//! What the two published pages tell a person to do.

use http::StatusCode;
use serde_json::json;

use crate::browser::Browser;
use crate::demo;

/// "Sign in to Mira as an admin. Navigate to Settings → API Keys. Click Create
/// API Key, enter a name, and create the key. Copy the full key immediately."
#[tokio::test]
async fn admin_creates_uses_and_revokes_an_organization_key() {
    let server = demo();
    let facts = server.demo();
    for with_scripts in [true, false] {
        let browser = Browser::open(&server.url(), with_scripts).await;
        browser.sign_in(facts.user("admin")).await;
        browser.click("API Keys").await;
        browser.click("Create API Key").await;
        browser.fill("Name", "CI/CD").await;
        browser.click("Create API Key").await;
        browser.see("it's only shown once").await;
        let key = browser.value("API key").await;
        assert!(key.starts_with("mira_live_") && key.len() == 42);
        assert_eq!(browser.offers("Copy").await, with_scripts);

        let client = server.client().with_key(&key);
        client.get("/api/v1/meetings").await.expect(StatusCode::OK);

        // Neither a reload, nor going back, nor the list shows it again.
        browser.reload().await;
        browser.see("already shown").await;
        assert!(!browser.source().await.contains(&key));
        browser.back().await;
        assert!(!browser.source().await.contains(&key));
        browser.click("API Keys").await;
        browser.see("CI/CD").await;
        assert!(!browser.source().await.contains(&key));
        browser.see(&key[..14]).await;

        // "Go to Settings → API Keys and click Revoke next to the key."
        browser.click_in_row("CI/CD", "Revoke").await;
        browser.see("cannot be restored").await;
        client.get("/api/v1/meetings").await.expect(StatusCode::OK);
        browser.click("Revoke").await;
        browser.see("revoked").await;
        let refused = client.get("/api/v1/meetings").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            refused.text(),
            r#"{"data":null,"error":"API key has been revoked","meta":null}"#
        );
        browser.close().await;
    }
}

/// "Go to your app in the Dashboard. Click Create Key. Select the service.
/// Optionally add a name. Copy the key immediately." And to revoke: "Find the
/// key in the API Keys list. Click Revoke."
#[tokio::test]
async fn admin_creates_uses_and_revokes_an_app_key() {
    let server = demo();
    let facts = server.demo();
    let browser = Browser::open(&server.url(), true).await;
    browser.sign_in(facts.user("admin")).await;
    browser.click("Apps").await;
    browser.click("Acme Assistant").await;
    browser.click("Create Key").await;
    browser.pick("Verify").await;
    browser.fill("Name", "Production API Key").await;
    browser.click("Create Key").await;
    browser.see("it's only shown once").await;
    let key = browser.value("API key").await;
    assert!(key.starts_with("mk_verify_") && key.len() == 42);

    let client = server.client().with_key(&key);
    let fact = json!({"fact": "2 + 2 = 4"});
    let events = client
        .post_for_events("/verify/v1/stream", &fact)
        .await
        .all()
        .await;
    assert_eq!(events.last().unwrap().name, "completed");

    browser.click("Done").await;
    browser.see("API Keys").await;
    browser.click_in_row("Production API Key", "Revoke").await;
    browser.click("Revoke").await;
    browser.see("revoked").await;
    let refused = client.post("/verify/v1/stream", &fact).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        refused.text(),
        r#"{"error":"Unauthorized","message":"API key has been revoked"}"#
    );
    browser.close().await;
}

/// "Create a new key, update your integrations, then revoke the old key."
#[tokio::test]
async fn rotation_gives_a_new_key_while_the_old_one_still_works() {
    let server = demo();
    let facts = server.demo();
    let browser = Browser::open(&server.url(), true).await;
    browser.sign_in(facts.user("admin")).await;
    browser.click("API Keys").await;
    browser.click_in_row("Demo read", "Rotate").await;
    browser.click("Rotate").await;
    browser.see("it's only shown once").await;
    let new = browser.value("API key").await;
    for key in [&facts.keys.read, &new] {
        server
            .client()
            .with_key(key)
            .get("/api/v1/meetings")
            .await
            .expect(StatusCode::OK);
    }
    browser.close().await;
}
