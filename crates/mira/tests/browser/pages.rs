//! Who sees what on the pages.

use http::StatusCode;
use serde_json::json;

use crate::browser::Browser;
use crate::demo;

#[tokio::test]
async fn members_see_and_admins_act() {
    let server = demo();
    let facts = server.demo();
    let browser = Browser::open(&server.url(), true).await;
    browser.sign_in(facts.user("member")).await;
    browser.click("API Keys").await;
    browser.see("Demo read").await;
    for action in ["Create API Key", "Revoke", "Rotate"] {
        assert!(
            !browser.offers(action).await,
            "a member is offered {action}"
        );
    }
    browser.click("Apps").await;
    browser.click("Acme Assistant").await;
    browser.see("Demo verify").await;
    for action in ["Create Key", "Revoke", "Rotate", "Top up"] {
        assert!(
            !browser.offers(action).await,
            "a member is offered {action}"
        );
    }
    browser.close().await;
}

#[tokio::test]
async fn lapsed_subscription_is_explained_where_the_button_was() {
    let server = demo();
    let facts = server.demo();
    let root = server.client();
    root.sign_in(facts.user("superadmin"))
        .await
        .expect(StatusCode::CREATED);
    let path = format!("/v1/organizations/{}/subscription", facts.organization_id);
    let lapse = json!({"plan": "pay_as_you_go", "status": "active"});
    root.put(&path, &lapse).await.expect(StatusCode::OK);
    let browser = Browser::open(&server.url(), true).await;
    browser.sign_in(facts.user("admin")).await;
    browser.click("API Keys").await;
    browser
        .see("require an active Business or Enterprise subscription")
        .await;
    assert!(!browser.offers("Create API Key").await);
    browser.see("Demo read").await;
    browser.close().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_for_the_back_button_too() {
    let server = demo();
    let facts = server.demo();
    let browser = Browser::open(&server.url(), true).await;
    browser.sign_in(facts.user("admin")).await;
    browser.click("API Keys").await;
    browser.see("Demo read").await;
    browser.click("Sign out").await;
    browser.see("Sign in to Mira").await;
    browser.back().await;
    browser.reload().await;
    browser.see("Sign in to Mira").await;
    assert!(!browser.text().await.contains("Demo read"));
    browser.close().await;
}

#[tokio::test]
async fn superadmin_switches_between_organizations() {
    let server = demo();
    let facts = server.demo();
    let root = server.client();
    root.sign_in(facts.user("superadmin"))
        .await
        .expect(StatusCode::CREATED);
    root.post("/v1/organizations", &json!({"name": "Globex"}))
        .await
        .expect(StatusCode::CREATED);
    let browser = Browser::open(&server.url(), true).await;
    browser.sign_in(facts.user("superadmin")).await;
    browser.click("Acme").await;
    browser.click("Globex").await;
    browser.see("Globex").await;
    browser.click("API Keys").await;
    browser.see("Globex").await;
    assert!(!browser.text().await.contains("Demo read"));
    browser.close().await;
}
