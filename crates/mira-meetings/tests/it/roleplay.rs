//! Roleplay sessions.

use serde_json::json;

use crate::house::{House, grant, id, organization};

suite! {
    started_session_is_stored_and_shown,
    sessions_are_listed_newest_first_in_pages,
    bad_bodies_start_nothing,
    session_outlives_the_template_it_names,
}

const PATH: &str = "/roleplay/sessions";

async fn started_session_is_stored_and_shown(house: House) {
    let caller = grant(organization(1));
    let body = r#"{"scenario":"A renewal","persona":"A doubtful buyer"}"#;
    let reply = house.send(&caller, "POST", PATH, body).await;
    let expected = json!({
        "id": id(0).to_string(), "scenario": "A renewal", "persona": "A doubtful buyer",
        "template_id": null, "created_at": "2026-03-02T12:00:00.000Z",
    });
    assert_eq!(reply.data(), expected);
    let shown = house.get(&caller, &format!("{PATH}/{}", id(0))).await;
    assert_eq!(shown.data(), expected);
    assert_eq!(house.get(&caller, PATH).await.data(), json!([expected]));
}

#[tokio::test]
async fn without_a_model_no_session_starts() {
    let house = House::with_model(false);
    let caller = grant(organization(1));
    for body in [r#"{"scenario":"A renewal"}"#, "{", r#"{"scenario":1}"#] {
        let reply = house.send(&caller, "POST", PATH, body).await;
        assert_eq!(reply.refusal(), (503, "No model configured".to_owned()));
        assert_eq!(reply.headers["x-mira-code"], "no_model");
    }
    assert_eq!(house.get(&caller, PATH).await.data(), json!([]));
}

async fn sessions_are_listed_newest_first_in_pages(house: House) {
    let caller = grant(organization(1));
    for number in 0..5 {
        let body = format!(r#"{{"scenario":"{number}"}}"#);
        house.send(&caller, "POST", PATH, &body).await;
        house.clock.advance_secs(1);
    }
    let mut scenarios = Vec::new();
    for page in 1..=3 {
        let reply = house
            .get(&caller, &format!("{PATH}?limit=2&page={page}"))
            .await;
        assert_eq!(reply.json()["meta"]["total_pages"], 3);
        scenarios.extend(reply.column("scenario"));
    }
    assert_eq!(scenarios, ["4", "3", "2", "1", "0"]);
}

async fn bad_bodies_start_nothing(house: House) {
    let caller = grant(organization(1));
    let too_long = format!(r#"{{"scenario":"{}"}}"#, "x".repeat(4_001));
    for (body, status) in [
        ("{", 400),
        ("{}", 400),
        (r#"{"scenario":""}"#, 400),
        (r#"{"scenario":"  "}"#, 400),
        (r#"{"scenario":7}"#, 400),
        (r#"{"scenario":"\u0000"}"#, 400),
        (r#"{"scenario":"a","persona":""}"#, 400),
        (r#"{"scenario":"a","id":"b"}"#, 400),
        (&too_long, 400),
        (r#"{"scenario":"a","template_id":"b"}"#, 404),
        (
            r#"{"scenario":"a","template_id":"019cae68-a200-7000-8000-00000000ffff"}"#,
            404,
        ),
    ] {
        let reply = house.send(&caller, "POST", PATH, body).await;
        assert_eq!(reply.refusal().0, status, "{body}");
    }
    assert_eq!(house.get(&caller, PATH).await.data(), json!([]));
}

async fn session_outlives_the_template_it_names(house: House) {
    let caller = grant(organization(1));
    let template =
        r#"{"name":"N","prompt_template":"P","grading_criteria":[{"name":"C","weight":1}]}"#;
    let template = house.send(&caller, "POST", "/templates", template).await;
    let template = template.data()["id"].as_str().unwrap().to_owned();
    let body = format!(r#"{{"scenario":"S","template_id":"{template}"}}"#);
    let session = house.send(&caller, "POST", PATH, &body).await.data();
    assert_eq!(session["template_id"], template.as_str());
    house
        .delete(&caller, &format!("/templates/{template}"))
        .await;
    let path = format!("{PATH}/{}", session["id"].as_str().unwrap());
    assert_eq!(
        house.get(&caller, &path).await.data()["template_id"],
        json!(null)
    );
}
