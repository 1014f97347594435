//! One organization never sees another's.

use http::StatusCode;
use mira_meetings::OPERATIONS;

use crate::house::{House, grant, organization};

suite! {
    no_operation_reaches_into_another_organization,
    filters_do_not_widen_a_list_beyond_the_organization,
    what_one_organization_makes_is_its_own,
}

const TEMPLATE: &str =
    r#"{"name":"N","prompt_template":"P","grading_criteria":[{"name":"C","weight":1}]}"#;

/// A house in which organization 1 has one of everything, and its ids.
async fn furnished(house: House) -> (House, [String; 3]) {
    let owner = grant(organization(1));
    house
        .meetings
        .load_samples(organization(1), &[])
        .await
        .unwrap();
    let template = house.send(&owner, "POST", "/templates", TEMPLATE).await;
    let body = r#"{"scenario":"A first call"}"#;
    let session = house.send(&owner, "POST", "/roleplay/sessions", body).await;
    let meeting = house.get(&owner, "/meetings?status=completed").await.data()[0].clone();
    let ids = [meeting, template.data(), session.data()];
    let ids = ids.map(|thing| thing["id"].as_str().unwrap().to_owned());
    (house, ids)
}

async fn no_operation_reaches_into_another_organization(house: House) {
    let (house, [meeting, template, session]) = furnished(house).await;
    let (owner, stranger) = (grant(organization(1)), grant(organization(2)));
    for operation in OPERATIONS {
        let (id, missing) = match operation.path.split('/').nth(1).unwrap() {
            "meetings" => (&meeting, "Meeting not found"),
            "templates" => (&template, "Template not found"),
            _ => (&session, "Roleplay session not found"),
        };
        let path = operation.path.replace("{id}", id);
        let body = match (operation.method, operation.path) {
            ("PUT", "/meetings/{id}/transcript") => {
                r#"{"format":"vtt","content":"WEBVTT"}"#.to_owned()
            }
            ("PATCH", _) => r#"{"name":"Taken over"}"#.to_owned(),
            ("POST", "/roleplay/sessions") => {
                format!(r#"{{"scenario":"S","template_id":"{template}"}}"#)
            }
            ("POST", path) if path.ends_with("/messages") => r#"{"content":"Hello."}"#.to_owned(),
            ("POST", path) if path.ends_with("/complete") => "{}".to_owned(),
            ("POST", _) | ("GET", "/team/stats" | "/insights" | "/openapi.json") => {
                continue;
            }
            _ => String::new(),
        };
        let reply = house.send(&stranger, operation.method, &path, &body).await;
        if operation.path.contains("{id}") {
            assert_eq!(reply.refusal(), (404, missing.to_owned()), "{operation:?}");
        } else if operation.method == "POST" {
            assert_eq!(reply.refusal(), (404, "Template not found".to_owned()));
        } else {
            assert_eq!(reply.data(), serde_json::json!([]), "{operation:?}");
            assert_eq!(reply.json()["meta"]["total"], 0, "{operation:?}");
        }
    }
    // And nothing was changed in the attempt.
    for path in [
        format!("/meetings/{meeting}"),
        format!("/templates/{template}"),
        format!("/roleplay/sessions/{session}"),
    ] {
        let reply = house.get(&owner, &path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_ne!(reply.data()["name"], "Taken over");
    }
}

async fn filters_do_not_widen_a_list_beyond_the_organization(house: House) {
    let (house, _) = furnished(house).await;
    let stranger = grant(organization(2));
    for query in [
        "status=completed",
        "from=2000-01-01",
        "to=2100-01-01",
        "from=2000-01-01&to=2100-01-01&status=pending",
    ] {
        let reply = house.get(&stranger, &format!("/meetings?{query}")).await;
        assert_eq!(reply.json()["meta"]["total"], 0, "{query}");
        assert_eq!(reply.data(), serde_json::json!([]), "{query}");
    }
    for query in ["is_active=true", "call_type=demo"] {
        let reply = house.get(&stranger, &format!("/templates?{query}")).await;
        assert_eq!(reply.json()["meta"]["total"], 0, "{query}");
    }
}

async fn what_one_organization_makes_is_its_own(house: House) {
    let (house, _) = furnished(house).await;
    let stranger = grant(organization(2));
    house.send(&stranger, "POST", "/templates", TEMPLATE).await;
    let mine = house.get(&stranger, "/templates").await;
    let theirs = house.get(&grant(organization(1)), "/templates").await;
    assert_eq!(mine.json()["meta"]["total"], 1);
    assert_eq!(theirs.json()["meta"]["total"], 4);
}
