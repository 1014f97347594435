//! Lists: pages, filters and queries.

use mira_core::AppId;
use serde_json::{Value, json};

use crate::scene::Scene;

fn ids(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

/// The ids on every page of the list at `path`, which ends with `?` or `&`.
async fn walk(scene: &Scene, path: &str, limit: u32) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = String::new();
    loop {
        let asked = format!("{path}limit={limit}{next}");
        let page = scene.get(&scene.admin, &asked).await.expect(200).json();
        pages.push(ids(&page));
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn pages_hold_every_entry_once_newest_first() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    for number in 0..4 {
        scene.key().await;
        let amount = json!({"amount": 1, "reason": format!("{number}")});
        let path = format!("/v1/apps/{}/topups", app.id);
        scene.post(&scene.root, &path, amount).await.expect(201);
        scene.app().await;
        scene.time.advance(std::time::Duration::from_millis(1));
    }
    let organization = format!("/v1/organizations/{}", scene.acme.id);
    for path in [
        format!("{organization}/keys"),
        format!("{organization}/apps"),
        format!("{organization}/members"),
        format!("{organization}/audit-events"),
        format!("/v1/apps/{}/transactions", app.id),
        "/v1/organizations".to_owned(),
    ] {
        let all = scene.get(&scene.admin, &path).await.expect(200).json();
        assert_eq!(all["next_cursor"], Value::Null, "{path}");
        let all = ids(&all);
        let pages = walk(&scene, &format!("{path}?"), 2).await;
        assert!(
            pages.iter().rev().skip(1).all(|page| page.len() == 2),
            "{path}"
        );
        assert_eq!(pages.concat(), all, "{path}");
        let mut newest_first = all.clone();
        newest_first.sort_by(|a, b| b.cmp(a));
        if !path.ends_with("audit-events") && !path.ends_with("members") {
            assert_eq!(all, newest_first, "{path}");
        }
    }
}

#[tokio::test]
async fn keys_are_filtered_by_state_environment_service_and_kind() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let path = format!("/v1/organizations/{}/keys", scene.acme.id);
    let of_app = format!("/v1/apps/{}/keys", app.id);
    let mut active = Vec::new();
    let mut revoked = Vec::new();
    for number in 0..7 {
        let id = scene.key().await.facts.id.to_string();
        if number % 3 == 0 {
            active.insert(0, id);
        } else {
            let revoke = format!("/v1/keys/{id}/revoke");
            scene
                .post(&scene.admin, &revoke, json!({}))
                .await
                .expect(200);
            revoked.insert(0, id);
        }
        scene.time.advance(std::time::Duration::from_millis(1));
    }
    let body = json!({"service": "verify", "environment": "staging"});
    let verify = scene
        .post(&scene.admin, &of_app, body)
        .await
        .expect(201)
        .text_of("id");
    let only_verify = [verify];
    let of = |query: &'static str| {
        let (scene, path) = (&scene, &path);
        async move {
            ids(&scene
                .get(&scene.admin, &format!("{path}?{query}"))
                .await
                .json())
        }
    };
    assert_eq!(of("state=revoked").await, revoked);
    assert_eq!(of("kind=app").await, only_verify);
    assert_eq!(of("service=verify&environment=staging").await, only_verify);
    assert_eq!(of("service=verify&environment=production").await, [""; 0]);
    assert_eq!(of("state=active&kind=app").await, only_verify);
    let organization_keys = of("state=active&kind=organization").await;
    assert_eq!(organization_keys[..3], active);
    assert_eq!(of("state=suspended").await, [""; 0]);

    for limit in 1..4 {
        let pages = walk(&scene, &format!("{path}?state=revoked&"), limit).await;
        assert_eq!(pages.concat(), revoked, "limit {limit}");
    }
    let listed = scene.get(&scene.admin, &of_app).await.json();
    assert_eq!(ids(&listed), only_verify);
}

#[tokio::test]
async fn bad_queries_are_refused() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let organization = format!("/v1/organizations/{}", scene.acme.id);
    let lists = [
        "/v1/organizations".to_owned(),
        format!("{organization}/keys"),
        format!("{organization}/apps"),
        format!("{organization}/members"),
        format!("{organization}/audit-events"),
        format!("/v1/apps/{}/keys", app.id),
        format!("/v1/apps/{}/transactions", app.id),
    ];
    for path in lists {
        for query in [
            "limit=0",
            "limit=101",
            "limit=ten",
            "limit=",
            "limit=-1",
            "limit=1&limit=1",
            "cursor=x",
            "cursor=",
            "cursor=a&cursor=b",
            "page=1",
            "Limit=1",
            "=1",
        ] {
            let reply = scene.get(&scene.admin, &format!("{path}?{query}")).await;
            assert_eq!(reply.status, 400, "{path}?{query}: {}", reply.text);
            assert_eq!(reply.json()["code"], "invalid_request");
        }
    }
    for query in [
        "keys?state=dead",
        "keys?environment=prod",
        "keys?service=V",
        "keys?kind=user",
        "audit-events?action=key.eaten",
        "audit-events?target=7",
        "usage?from=x",
        "usage?limit=1",
        "usage?from=2026-01-02&to=2026-01-01",
        "usage?from=2024-01-01&to=2026-01-01",
    ] {
        let reply = scene
            .get(&scene.admin, &format!("{organization}/{query}"))
            .await;
        assert_eq!(reply.status, 400, "{query}: {}", reply.text);
    }
}

#[tokio::test]
async fn refused_query_says_what_was_wrong() {
    let scene = Scene::new().await;
    for (query, text) in [
        ("limit=0", "limit is a number from 1 to 100"),
        (
            "limit=1&limit=2",
            "The query is not as documented: duplicate field `limit`",
        ),
        (
            "page=2",
            "The query is not as documented: page: unknown field `page`, expected `limit` or `cursor`",
        ),
        (
            "cursor=x",
            "cursor is the next_cursor of an earlier page of the same list",
        ),
    ] {
        let reply = scene
            .get(&scene.admin, &format!("/v1/organizations?{query}"))
            .await;
        reply.expect_refusal(400, "invalid_request", text);
    }
}

#[tokio::test]
async fn cursor_of_another_kind_of_list_is_refused() {
    let scene = Scene::new().await;
    let organization = format!("/v1/organizations/{}", scene.acme.id);
    let events = format!("{organization}/audit-events?limit=1");
    let events = scene.get(&scene.admin, &events).await.json();
    let cursor = events["next_cursor"].as_str().unwrap();
    let reply = scene
        .get(
            &scene.admin,
            &format!("{organization}/keys?cursor={cursor}"),
        )
        .await;
    reply.expect(400);
}

#[tokio::test]
async fn superadmin_gets_404_for_lists_of_what_does_not_exist() {
    let scene = Scene::new().await;
    let app = AppId::from_bytes([9; 16]);
    for list in ["keys", "transactions"] {
        let reply = scene
            .get(&scene.root, &format!("/v1/apps/{app}/{list}"))
            .await;
        reply.expect_refusal(404, "not_found", "App not found");
    }
}
