//! Input that would wear a server out.

use http::{Method, StatusCode};
use mira_testkit::{Client, Server};
use serde_json::json;

use crate::{demo, demo_without_limits, signed_in};

/// Memory that the process holds, in bytes.
pub(crate) fn resident(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

#[tokio::test]
async fn json_that_is_deep_doubled_or_none_is_refused() {
    let server = demo();
    let admin = signed_in(&server, "admin").await;
    let path = format!("/v1/organizations/{}/keys", server.demo().organization_id);
    let count = async |admin: &Client| {
        let keys = admin.get(&path).await.expect(StatusCode::OK).json();
        keys["items"].as_array().unwrap().len()
    };
    let before = count(&admin).await;
    let deep = format!(
        "{{\"name\":{}1{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let deep_unknown = deep.replace("name", "x");
    for body in [
        deep.as_str(),
        &deep_unknown,
        r#"{"name":"a","name":"b"}"#,
        r#"{"name":"a","permissions":["read"],"permissions":["admin"]}"#,
        r#"{"name":"a","rate_limit":{"per_minute":1e400}}"#,
        r#"{"name":"a","rate_limit":{"per_minute":99999999999999999999}}"#,
        r#"{"name":"a"} {"name":"b"}"#,
        "{\"name\":\"a\u{0}\"}",
        "{'name':'a'}",
        "",
        "nul",
    ] {
        let mut request = admin.json_request(Method::POST, &path, &json!({}));
        *request.body_mut() = body.to_owned().into();
        let answer = admin.send(request).await;
        let beginning: String = body.chars().take(60).collect();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{beginning}");
    }
    assert_eq!(count(&admin).await, before, "none was made");
}

#[tokio::test]
async fn pages_of_any_size_and_number_are_bounded() {
    let server = demo_without_limits();
    let reader = server.client().with_key(&server.demo().keys.read);
    for (query, status) in [
        ("limit=1000000000", 200),
        ("limit=18446744073709551616", 200),
        ("limit=0", 400),
        ("limit=-1", 400),
        ("page=1000000000", 200),
        ("page=18446744073709551615", 200),
        ("page=18446744073709551616", 200),
        ("page=0", 400),
    ] {
        let answer = reader.get(&format!("/api/v1/meetings?{query}")).await;
        let got = answer.status.as_u16();
        // How far pages are counted is not promised; that they end well is.
        let is_bounded = got == status || (status == 200 && got == 400);
        assert!(is_bounded, "{query}: {got}");
        if got == 200 {
            assert!(
                answer.json()["data"].as_array().unwrap().len() <= 100,
                "{query}"
            );
        }
    }
    let admin = signed_in(&server, "admin").await;
    let path = format!("/v1/organizations/{}/keys", server.demo().organization_id);
    for (query, status) in [
        ("limit=1000000000", 400),
        ("limit=100", 200),
        ("cursor=x", 400),
    ] {
        let answer = admin.get(&format!("{path}?{query}")).await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
    }
}

#[tokio::test]
async fn unknown_keys_hold_no_memory_and_good_keys_are_served() {
    let server = demo_without_limits();
    let good = server.client().with_key(&server.demo().keys.read);
    good.get("/api/v1/meetings").await.expect(StatusCode::OK);
    let mut connection = server.client().connect().await;
    let ask = |number: u32| {
        let client = server.client().with_key(&format!("mira_live_{number:032}"));
        client.request(Method::GET, "/api/v1/meetings")
    };
    for number in 0..500 {
        connection
            .send(ask(number))
            .await
            .expect(StatusCode::UNAUTHORIZED);
    }
    let before = resident(&server);
    for number in 500..5_000 {
        connection
            .send(ask(number))
            .await
            .expect(StatusCode::UNAUTHORIZED);
    }
    let growth = resident(&server).saturating_sub(before);
    assert!(
        growth < 4 * 1024 * 1024,
        "{growth} bytes for 4,500 unknown keys"
    );
    good.get("/api/v1/meetings").await.expect(StatusCode::OK);
}
