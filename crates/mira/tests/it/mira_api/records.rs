//! What records look like, and what bodies may be.

use http::Method;
use serde_json::{Value, json};

use super::{good, id_of, meeting, refusal, send, template};
use crate::demo_without_limits;

#[tokio::test]
async fn records_of_the_mira_api_have_the_members_that_were_agreed() {
    let server = demo_without_limits();
    let admin = server.client().with_key(&server.demo().keys.admin);
    let made = good(&admin, "POST", "/meetings", &meeting()).await;
    let path = format!("/meetings/{}", id_of(&made));
    let one = good(&admin, "GET", &path, &Value::Null).await;
    has_members(
        &one["data"],
        "id title status user_id call_type meeting_url attendees started_at ended_at \
         duration_secs created_at transcript",
    );
    assert_eq!(one["data"]["started_at"], "2026-03-02T12:00:00.000Z");
    assert_eq!(
        one["data"]["transcript"],
        json!([{"speaker": "Ann", "start_secs": 0.0, "end_secs": 2.5, "text": "How do you plan?"}])
    );
    let reports = good(&admin, "GET", &format!("{path}/report"), &Value::Null).await;
    assert!(reports["data"].is_array());
    let list = good(&admin, "GET", "/meetings", &Value::Null).await;
    has_members(
        &list["data"][0],
        "id title status user_id call_type meeting_url attendees started_at ended_at \
         duration_secs created_at",
    );

    let made = good(&admin, "POST", "/templates", &template()).await;
    has_members(
        &made["data"],
        "id name description prompt_template grading_criteria coaching_tone call_type is_active \
         created_at updated_at",
    );
    let taught = format!("/templates/{}", id_of(&made));
    for tone in ["direct", "supportive", "socratic", "analytical"] {
        let changed = good(&admin, "PATCH", &taught, &json!({"coaching_tone": tone})).await;
        assert_eq!(changed["data"]["coaching_tone"], tone);
    }
    for bad in [
        json!({"coaching_tone": "harsh"}),
        json!({"grading_criteria": []}),
        json!({"grading_criteria": [{"name": "N"}]}),
        json!({"name": ""}),
        json!({"surprise": 1}),
    ] {
        let answer = send(&admin, "PATCH", &taught, &bad).await;
        assert_eq!(refusal(&answer).0, 400, "{bad}");
    }
    for path in [path, taught] {
        let gone = good(&admin, "DELETE", &path, &Value::Null).await;
        let id = path.rsplit_once('/').unwrap().1;
        assert_eq!(
            gone,
            json!({"data": {"id": id}, "error": null, "meta": null})
        );
        assert_eq!(
            refusal(&send(&admin, "DELETE", &path, &Value::Null).await).0,
            404
        );
    }

    let body = json!({"scenario": "S", "persona": "P"});
    let session = good(&admin, "POST", "/roleplay/sessions", &body).await;
    let path = format!("/roleplay/sessions/{}", id_of(&session));
    let said = json!({"content": "Good morning."});
    good(&admin, "POST", &format!("{path}/messages"), &said).await;
    good(&admin, "POST", &format!("{path}/complete"), &json!({})).await;
    let session = good(&admin, "GET", &path, &Value::Null).await;
    assert_eq!(session["data"]["status"], "completed");
    assert_eq!(session["data"]["messages"].as_array().unwrap().len(), 2);
}

fn has_members(record: &Value, members: &str) {
    let mut expected: Vec<&str> = members.split_whitespace().collect();
    let mut found: Vec<&String> = record.as_object().unwrap().keys().collect();
    expected.sort_unstable();
    found.sort();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn bodies_of_the_mira_api_have_their_limits() {
    let server = demo_without_limits();
    let admin = server.client().with_key(&server.demo().keys.admin);
    // 10 MiB for what is taken in, 1 MiB for everything else.
    let large = |bytes: usize| json!({"title": "T", "started_at": "x".repeat(bytes)});
    for (path, bytes, status) in [
        ("/meetings", (10 << 20) + 1, 413),
        ("/meetings", (1 << 20) + 1, 400),
        ("/templates", (1 << 20) + 1, 413),
        ("/roleplay/sessions", (1 << 20) + 1, 413),
    ] {
        let answer = send(&admin, "POST", path, &large(bytes)).await;
        assert_eq!(refusal(&answer).0, status, "{path} of {bytes}");
    }
    let deep = "[".repeat(100_000);
    for body in [
        r#"{"name":"a","name":"b"}"#,
        r#"{"name":1e999}"#,
        deep.as_str(),
        "{",
        "\u{feff}{}",
    ] {
        let mut request = admin.json_request(Method::POST, "/api/v1/templates", &Value::Null);
        *request.body_mut() = body.to_owned().into();
        request.headers_mut().remove("content-length");
        let answer = admin.send(request).await;
        let shown = body.get(..20).unwrap_or(body);
        assert_eq!(refusal(&answer).0, 400, "{shown}");
    }
}
