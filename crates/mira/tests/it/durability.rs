//! What was acknowledged survives, whenever the process is killed.

use std::time::Duration;

use http::StatusCode;
use mira_testkit::{Server, ServerOptions};
use serde_json::json;

use crate::{new_key, signed_in};

/// Kills the server in the middle of a loop of writes, again and again, and
/// compares the store with what was acknowledged.
#[tokio::test]
async fn kill_at_any_moment_loses_no_acknowledged_write() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let options = ServerOptions {
            demo: true,
            config: Some("[limits]\nconsole_per_minute = 0\n".to_owned()),
            data: Some(folder.path().to_owned()),
            ..ServerOptions::default()
        };
        Server::start(env!("CARGO_BIN_EXE_mira"), options)
    };
    let mut created: Vec<(String, String)> = Vec::new();
    let mut revoked: Vec<(String, String)> = Vec::new();
    for round in 0..6_u64 {
        let server = start();
        let facts = server.demo();
        let admin = signed_in(&server, "admin").await;
        for (_, key) in &created {
            let answer = server
                .client()
                .with_key(key)
                .get("/inference/v1/models")
                .await;
            assert_eq!(
                answer.code(),
                Some("wrong_service"),
                "an acknowledged key is gone"
            );
        }
        for (_, key) in &revoked {
            let answer = server
                .client()
                .with_key(key)
                .get("/inference/v1/models")
                .await;
            assert_eq!(
                answer.code(),
                Some("revoked_key"),
                "a revoked key came back"
            );
        }
        let writes = async {
            loop {
                let body = json!({"name": "durable"});
                let key = new_key(&admin, &facts.organization_id, body).await;
                created.push(key);
                if created.len().is_multiple_of(2) {
                    let (id, key) = created.remove(0);
                    let path = format!("/v1/keys/{id}/revoke");
                    // Until it is acknowledged it may be either.
                    admin.post(&path, &json!({})).await.expect(StatusCode::OK);
                    revoked.push((id, key));
                }
            }
        };
        let pause = Duration::from_millis(150 + 37 * round);
        assert!(tokio::time::timeout(pause, writes).await.is_err());
        server.kill();
    }
    assert!(revoked.len() > 10, "hardly anything was written");
    let server = start();
    let root = signed_in(&server, "superadmin").await;
    let chains = root
        .get("/v1/audit/verify")
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(
        (&chains["audit"]["intact"], &chains["changelog"]["intact"]),
        (&json!(true), &json!(true))
    );
}
