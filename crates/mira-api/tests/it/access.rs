//! Roles × routes.

use std::collections::BTreeSet;

use mira_api::ROUTES;
use serde_json::json;

use crate::document::{document, expect_described};
use crate::rows::{Targets, rows};
use crate::scene::{Scene, Who};

#[test]
fn every_route_has_a_row_in_the_access_matrix() {
    let rows: Vec<_> = rows().iter().map(|row| (row.method, row.path)).collect();
    let of_rows: BTreeSet<_> = rows.iter().copied().collect();
    let of_routes: BTreeSet<_> = ROUTES.iter().copied().collect();
    assert_eq!(of_rows, of_routes);
    assert_eq!(rows.len(), ROUTES.len(), "one row for each route");
}

#[tokio::test]
async fn every_role_is_answered_on_every_route_as_matrix_and_document_say() {
    let scene = Scene::new().await;
    let document = document();
    for row in rows() {
        let mut targets = Targets::new(&scene).await;
        for (number, (role, who, wanted)) in row.cases(&scene).into_iter().enumerate() {
            let path = targets.path(&scene, row.path);
            let mut body = row.body.clone();
            // An address can be used once.
            if let Some(email) = body.as_mut().and_then(|body| body.get_mut("email")) {
                *email = json!(format!("case{number}@example.com"));
            }
            let reply = scene.ask(who, row.method, &path, body).await;
            let (method, path) = (row.method, row.path);
            assert_eq!(
                reply.status, wanted,
                "{role}: {method} {path}: {}",
                reply.text
            );
            expect_described(&document, method, path, &reply);
            if reply.status.is_success() && method != "GET" {
                targets = Targets::new(&scene).await;
            }
        }
    }
}

#[tokio::test]
async fn whoever_may_not_is_told_so_whatever_the_body_says() {
    let scene = Scene::new().await;
    let targets = Targets::new(&scene).await;
    for row in rows().iter().filter(|row| row.body.is_some()) {
        let path = targets.path(&scene, row.path);
        for (role, who, wanted) in row.cases(&scene) {
            if ![401, 403, 404].contains(&wanted) || row.path == "/v1/sessions" {
                continue;
            }
            for body in [json!({"bogus": 1}), json!([]), json!({})] {
                let reply = scene.ask(who, row.method, &path, Some(body)).await;
                assert_eq!(reply.status, wanted, "{role}: {} {path}", row.method);
            }
        }
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_after_the_caller_is_known() {
    let scene = Scene::new().await;
    let nobody = Who::Nobody;
    for path in [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/keys/key_1/nothing/at/all",
    ] {
        for method in ["GET", "POST", "DELETE", "OPTIONS"] {
            let reply = scene.ask(&nobody, method, path, None).await;
            assert_eq!(reply.status, 401, "{method} {path}");
            let reply = scene.ask(&scene.root, method, path, None).await;
            reply.expect_refusal(404, "not_found", "Not found");
        }
    }
    let reply = scene.ask(&nobody, "PUT", "/v1/me", None).await;
    assert_eq!(reply.status, 401);
    let reply = scene.ask(&scene.root, "PUT", "/v1/me", None).await;
    assert_eq!(reply.headers["allow"], "GET,HEAD");
    reply.expect_refusal(405, "method_not_allowed", "Method not allowed");
}
