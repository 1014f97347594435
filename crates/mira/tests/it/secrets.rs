//! A secret is shown once and found nowhere afterwards.

use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use mira_testkit::{Server, ServerOptions};
use serde_json::json;

use crate::{new_app_key, new_key, signed_in};

#[tokio::test]
async fn no_key_password_or_session_is_in_files_logs_or_answers_after_it_was_shown() {
    let folder = tempfile::tempdir().unwrap();
    let options = ServerOptions {
        demo: true,
        data: Some(folder.path().to_owned()),
        environment: [("MIRA_LOG".to_owned(), "trace".to_owned())].into(),
        ..ServerOptions::default()
    };
    let server = Server::start(env!("CARGO_BIN_EXE_mira"), options);
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let (id, first) = new_key(&admin, &facts.organization_id, json!({"name": "a"})).await;
    let (app_id, second) = new_app_key(&admin, &facts.app_id, "verify").await;
    let rotated = admin
        .post(&format!("/v1/keys/{id}/rotate"), &json!({}))
        .await;
    let third = rotated.expect(StatusCode::CREATED).json()["key"]
        .as_str()
        .unwrap()
        .to_owned();
    let secrets = [first, second, third];

    for secret in &secrets {
        let client = server.client().with_key(secret);
        client.get("/api/v1/meetings").await;
        client
            .get(&format!("/api/v1/meetings?api_key={}", "0".repeat(8)))
            .await;
        client
            .post("/verify/v1/stream", &json!({"fact": "2 + 2 = 4"}))
            .await;
        let asked = json!({"key": secret, "service": "verify"});
        let console = server.client().with_key(&facts.keys.console);
        console
            .post("/v1/keys/verify", &asked)
            .await
            .expect(StatusCode::OK);
        // A secret in the wrong place is not repeated either.
        let misplaced = admin.post("/v1/keys/verify", &json!({"kee": secret})).await;
        assert!(!misplaced.text().contains(secret.as_str()));
    }
    admin
        .post(
            &format!("/v1/keys/{app_id}/revoke"),
            &json!({"reason": "test"}),
        )
        .await;
    for path in [
        format!("/v1/keys/{id}"),
        format!("/v1/organizations/{}/keys", facts.organization_id),
        format!("/v1/apps/{}/keys", facts.app_id),
        format!("/v1/organizations/{}/audit-events", facts.organization_id),
        "/settings/api-keys".to_owned(),
        format!("/apps/{}", facts.app_id),
        "/audit".to_owned(),
        "/metrics".to_owned(),
    ] {
        let answer = admin.get(&path).await.expect(StatusCode::OK);
        for secret in &secrets {
            assert!(!answer.text().contains(secret.as_str()), "{path}");
        }
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_absent(folder.path(), &secrets);
    let output = server.stop();
    let password = &facts.user("admin").password;
    for secret in secrets.iter().chain([password]) {
        assert!(
            !output.stderr.contains(secret.as_str()),
            "a log line holds a secret"
        );
    }
    assert_absent(folder.path(), &secrets);
}

fn assert_absent(folder: &Path, secrets: &[String]) {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        files += 1;
        for secret in secrets {
            // The random part alone must not be there either.
            let random = &secret.as_bytes()[secret.len() - 32..];
            let is_found = bytes.windows(random.len()).any(|window| window == random);
            assert!(!is_found, "{} holds a key", path.display());
        }
    }
    assert!(files >= 4, "the data folder is not where it was expected");
}
