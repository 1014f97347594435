//! Tenants × routes: what belongs to somebody else does not exist.

use mira_api::ROUTES;
use mira_core::{AppId, KeyId, OrganizationId, Role, UserId};

use crate::rows::{Targets, rows};
use crate::scene::{Scene, Who};

#[tokio::test]
async fn ids_of_another_tenant_read_as_absent_on_every_route() {
    let scene = Scene::new().await;
    let targets = Targets::new(&scene).await;
    let rows = rows();
    for (method, template) in ROUTES.iter().filter(|(_, path)| path.contains('{')) {
        let body = rows
            .iter()
            .find(|row| (row.method, row.path) == (*method, *template))
            .and_then(|row| row.body.clone());
        let foreign = targets.path(&scene, template);
        let theirs = scene
            .ask(&scene.stranger, method, &foreign, body.clone())
            .await;
        assert_eq!(theirs.status, 404, "{method} {template}");
        for path in [absent(template), malformed(template)] {
            for who in [&scene.stranger, &scene.root] {
                let nobodys = scene.ask(who, method, &path, body.clone()).await;
                assert_eq!(nobodys.status, 404, "{method} {path}");
                assert_eq!(nobodys.text, theirs.text, "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn member_of_another_tenant_is_absent_from_ones_own() {
    let scene = Scene::new().await;
    let stranger = scene.person(&scene.globex, Role::Member).await;
    let body = serde_json::json!({"role": "admin"});
    for who in [&scene.admin, &scene.root] {
        for id in [
            stranger.id.to_string(),
            UserId::from_bytes([9; 16]).to_string(),
        ] {
            let path = format!("/v1/organizations/{}/members/{id}", scene.acme.id);
            let changed = scene.patch(who, &path, body.clone()).await;
            changed.expect_refusal(404, "not_found", "Member not found");
            let removed = scene.ask(who, "DELETE", &path, None).await;
            removed.expect_refusal(404, "not_found", "Member not found");
        }
    }
}

#[tokio::test]
async fn lists_hold_only_what_is_ones_own() {
    let scene = Scene::new().await;
    let key = scene.key().await;
    let own = |who: Who| {
        let scene = &scene;
        async move { scene.get(&who, "/v1/organizations").await.json() }
    };
    let names = |json: serde_json::Value| -> Vec<String> {
        let items = json["items"].as_array().unwrap().iter();
        let mut names: Vec<_> = items
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(own(scene.admin.clone()).await), ["Acme"]);
    assert_eq!(names(own(scene.stranger.clone()).await), ["Globex"]);
    assert_eq!(
        names(own(scene.root.clone()).await),
        ["Acme", "Globex", "Operators"]
    );

    let path = format!("/v1/organizations/{}/keys", scene.globex.id);
    let theirs = scene.get(&scene.stranger, &path).await.expect(200);
    assert!(!theirs.text.contains(&key.facts.id.to_string()));
}

fn absent(template: &str) -> String {
    template
        .replace("{org}", &OrganizationId::from_bytes([9; 16]).to_string())
        .replace("{user}", &UserId::from_bytes([9; 16]).to_string())
        .replace("{app}", &AppId::from_bytes([9; 16]).to_string())
        .replace("{key}", &KeyId::from_bytes([9; 16]).to_string())
}

fn malformed(template: &str) -> String {
    template
        .replace("{org}", "1")
        .replace("{user}", "1")
        .replace("{app}", "app_%00")
        .replace("{key}", "key_XYZ")
}
