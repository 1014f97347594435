//! Fixed windows, counted exactly.

use http::{Method, StatusCode};
use serde_json::json;

use crate::{demo, demo_with, new_app_key, signed_in};

/// Waits until the current minute has enough left for a test to fit into it.
async fn early_in_a_minute() {
    let millis = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() % 60_000;
    if millis > 45_000 {
        let left = u64::try_from(60_050 - millis).unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(left)).await;
    }
}

#[tokio::test]
async fn app_key_has_sixty_requests_a_minute_and_not_one_more() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let (_, key) = new_app_key(&admin, &facts.app_id, "inference").await;
    let client = server.client().with_key(&key);
    early_in_a_minute().await;
    let mut connection = client.connect().await;
    for remaining in (0..60).rev() {
        let answer = connection
            .send(client.request(Method::GET, "/inference/v1/models"))
            .await;
        let answer = answer.expect(StatusCode::OK);
        assert_eq!(answer.header("x-ratelimit-limit"), Some("60"));
        assert_eq!(
            answer.header("x-ratelimit-remaining"),
            Some(remaining.to_string().as_str())
        );
    }
    let refused = connection
        .send(client.request(Method::GET, "/inference/v1/models"))
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (429, Some("rate_limited_minute"))
    );
    assert_eq!(refused.json()["error"], "Rate Limit Exceeded");
    assert_eq!(refused.json()["message"], "Too many requests per minute");
    let reset: u64 = refused
        .header("x-ratelimit-reset")
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(refused.json()["resetAt"], reset);
    let retry_after: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&retry_after));
    // A refused key is refused as such, whatever the windows say.
    let unknown = server
        .client()
        .with_key("mk_inference_0000")
        .get("/inference/v1/models")
        .await;
    assert_eq!(unknown.code(), Some("invalid_key"));
}

#[tokio::test]
async fn requests_at_once_are_counted_exactly() {
    let server = demo_with("[limits]\napp_key_per_minute = 40\n");
    let facts = server.demo();
    early_in_a_minute().await;
    let requests: Vec<_> = (0..120)
        .map(|_| {
            let client = server.client().with_key(&facts.keys.inference);
            tokio::spawn(async move { client.get("/inference/v1/models").await.status })
        })
        .collect();
    let mut admitted = 0;
    for request in requests {
        admitted += u32::from(request.await.unwrap() == StatusCode::OK);
    }
    assert_eq!(admitted, 40);
}

#[tokio::test]
async fn address_window_counts_across_keys_on_the_mira_api() {
    let server = demo_with("[limits]\naddress_per_minute = 3\n");
    let facts = server.demo();
    early_in_a_minute().await;
    let reader = server.client().with_key(&facts.keys.read);
    let admin = server.client().with_key(&facts.keys.admin);
    reader.get("/api/v1/meetings").await.expect(StatusCode::OK);
    // A request that fails an earlier check is not counted.
    server
        .client()
        .with_key("mira_live_x")
        .get("/api/v1/meetings")
        .await
        .expect(StatusCode::UNAUTHORIZED);
    admin.get("/api/v1/meetings").await.expect(StatusCode::OK);
    reader
        .send(reader.request(Method::HEAD, "/api/v1/meetings"))
        .await
        .expect(StatusCode::OK);
    let refused = admin
        .get("/api/v1/meetings")
        .await
        .expect(StatusCode::TOO_MANY_REQUESTS);
    let text = refused.json()["error"].as_str().unwrap().to_owned();
    assert!(
        text.starts_with("Rate limit exceeded. Please retry after "),
        "{text}"
    );
    // The network has no address window.
    let app = server.client().with_key(&facts.keys.inference);
    app.get("/inference/v1/models").await.expect(StatusCode::OK);
}

#[tokio::test]
async fn own_limits_of_a_key_win_over_the_defaults() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let path = format!("/v1/apps/{}/keys", facts.app_id);
    let body = json!({"service": "inference", "rate_limit": {"per_minute": 50, "per_day": 2}});
    let key = admin
        .post(&path, &body)
        .await
        .expect(StatusCode::CREATED)
        .json();
    let client = server.client().with_key(key["key"].as_str().unwrap());
    early_in_a_minute().await;
    for _ in 0..2 {
        let answer = client
            .get("/inference/v1/models")
            .await
            .expect(StatusCode::OK);
        assert_eq!(answer.header("x-ratelimit-limit"), Some("50"));
    }
    let refused = client.get("/inference/v1/models").await;
    assert_eq!(refused.code(), Some("rate_limited_day"));
    assert_eq!(refused.header("x-ratelimit-limit"), Some("2"));
    assert_eq!(refused.json()["message"], "Daily request limit exceeded");
}
