//! The life of a template.

use serde_json::{Value, json};

use crate::house::{House, grant, id, organization};

suite! {
    template_is_created_with_everything_that_was_said,
    what_was_not_said_has_a_default,
    template_lives_from_creation_to_deletion,
    edit_that_changes_nothing_leaves_the_instant_of_the_last_one,
    null_clears_only_what_may_be_absent,
    members_at_their_bounds_are_taken,
    bad_members_are_refused_in_creation_and_in_edits,
    required_members_are_named,
    edit_of_another_version_changes_nothing,
    overflowing_and_broken_json_is_refused,
    templates_are_filtered_and_listed_newest_first,
}

const MINIMAL: &str =
    r#"{"name":"N","prompt_template":"P","grading_criteria":[{"name":"C","weight":1}]}"#;

/// The minimal body with `member` set to `value`.
fn with(member: &str, value: Value) -> String {
    let mut body: Value = serde_json::from_str(MINIMAL).unwrap();
    body[member] = value;
    body.to_string()
}

async fn template_is_created_with_everything_that_was_said(house: House) {
    let body = r#"{"name":"  Discovery ","description":"First calls","prompt_template":" Judge.\n",
        "grading_criteria":[{"name":"Pace","description":"Calm","weight":0.5},
        {"name":"Questions","weight":3}],"coaching_tone":"socratic","call_type":"discovery",
        "is_active":false}"#;
    let reply = house
        .send(&grant(organization(1)), "POST", "/templates", body)
        .await;
    let expected = concat!(
        r#"{"data":{"id":"019cae68-a200-7000-8000-000000000000","name":"Discovery","#,
        r#""description":"First calls","prompt_template":" Judge.\n","grading_criteria":["#,
        r#"{"name":"Pace","description":"Calm","weight":0.5},{"name":"Questions","weight":3.0}],"#,
        r#""coaching_tone":"socratic","call_type":"discovery","is_active":false,"#,
        r#""created_at":"2026-03-02T12:00:00.000Z","updated_at":"2026-03-02T12:00:00.000Z"},"#,
        r#""error":null,"meta":null}"#,
    );
    assert_eq!(
        (reply.status.as_u16(), reply.text.as_str()),
        (200, expected)
    );
}

async fn what_was_not_said_has_a_default(house: House) {
    let caller = grant(organization(1));
    let data = house
        .send(&caller, "POST", "/templates", MINIMAL)
        .await
        .data();
    assert_eq!(data["coaching_tone"], "supportive");
    assert_eq!(data["is_active"], true);
    assert_eq!(
        (&data["description"], &data["call_type"]),
        (&json!(null), &json!(null))
    );
}

async fn template_lives_from_creation_to_deletion(house: House) {
    let caller = grant(organization(1));
    let created = house
        .send(&caller, "POST", "/templates", MINIMAL)
        .await
        .data();
    let path = format!("/templates/{}", created["id"].as_str().unwrap());
    assert_eq!(house.get(&caller, &path).await.data(), created);

    house.clock.advance_secs(60);
    let edit = r#"{"description":"Now with words","is_active":false}"#;
    let edited = house.send(&caller, "PATCH", &path, edit).await.data();
    let mut expected = created.clone();
    expected["description"] = json!("Now with words");
    expected["is_active"] = json!(false);
    expected["updated_at"] = json!("2026-03-02T12:01:00.000Z");
    assert_eq!(edited, expected);
    assert_eq!(house.get(&caller, &path).await.data(), expected);

    let deleted = house.delete(&caller, &path).await;
    assert_eq!(deleted.data(), json!({"id": created["id"]}));
    let missing = (404, "Template not found".to_owned());
    assert_eq!(house.delete(&caller, &path).await.refusal(), missing);
    assert_eq!(house.get(&caller, &path).await.refusal(), missing);
    let edit = house.send(&caller, "PATCH", &path, "{}").await;
    assert_eq!(edit.refusal(), missing);
}

async fn edit_that_changes_nothing_leaves_the_instant_of_the_last_one(house: House) {
    let caller = grant(organization(1));
    let created = house
        .send(&caller, "POST", "/templates", MINIMAL)
        .await
        .data();
    house.clock.advance_secs(60);
    let path = format!("/templates/{}", id(0));
    for edit in ["{}", r#"{"name":"N"}"#] {
        assert_eq!(
            house.send(&caller, "PATCH", &path, edit).await.data(),
            created
        );
    }
}

async fn null_clears_only_what_may_be_absent(house: House) {
    let caller = grant(organization(1));
    let body = with("description", json!("D"));
    house.send(&caller, "POST", "/templates", &body).await;
    let path = format!("/templates/{}", id(0));
    let edit = r#"{"description":null,"call_type":null}"#;
    let data = house.send(&caller, "PATCH", &path, edit).await.data();
    assert_eq!(
        (&data["description"], &data["call_type"]),
        (&json!(null), &json!(null))
    );
    for member in [
        "name",
        "prompt_template",
        "grading_criteria",
        "coaching_tone",
        "is_active",
    ] {
        let edit = format!(r#"{{"{member}":null}}"#);
        let reply = house.send(&caller, "PATCH", &path, &edit).await;
        assert_eq!(reply.refusal().0, 400, "{member}");
    }
}

async fn members_at_their_bounds_are_taken(house: House) {
    let caller = grant(organization(1));
    for body in [
        with("name", json!("é".repeat(100))),
        with("prompt_template", json!("é".repeat(20_000))),
        with("prompt_template", json!("a\r\n\tb")),
        with("description", json!("")),
        with(
            "grading_criteria",
            json!([{"name": "C", "weight": 0.000_1}]),
        ),
        with(
            "grading_criteria",
            json!(vec![json!({"name": "C", "weight": 1}); 100]),
        ),
    ] {
        let reply = house.send(&caller, "POST", "/templates", &body).await;
        assert_eq!(reply.status.as_u16(), 200, "{}", reply.text);
    }
}

async fn bad_members_are_refused_in_creation_and_in_edits(house: House) {
    let caller = grant(organization(1));
    house.send(&caller, "POST", "/templates", MINIMAL).await;
    let path = format!("/templates/{}", id(0));
    for (member, value) in [
        ("name", json!("")),
        ("name", json!(" \t ")),
        ("name", json!("x".repeat(101))),
        ("name", json!("a\nb")),
        ("name", json!(["N"])),
        ("prompt_template", json!("")),
        ("prompt_template", json!(" \n")),
        ("prompt_template", json!("x".repeat(20_001))),
        ("prompt_template", json!("a\u{0}b")),
        ("description", json!("x".repeat(2_001))),
        ("description", json!(5)),
        ("grading_criteria", json!([])),
        ("grading_criteria", json!({"name": "C", "weight": 1})),
        ("grading_criteria", json!([{"weight": 1}])),
        ("grading_criteria", json!([{"name": "C"}])),
        ("grading_criteria", json!([{"name": " ", "weight": 1}])),
        ("grading_criteria", json!([{"name": "C", "weight": 0}])),
        ("grading_criteria", json!([{"name": "C", "weight": -1}])),
        ("grading_criteria", json!([{"name": "C", "weight": "1"}])),
        (
            "grading_criteria",
            json!([{"name": "C", "weight": 1_000.1}]),
        ),
        ("grading_criteria", json!([{"name": "C", "weight": 1e308}])),
        (
            "grading_criteria",
            json!([{"name": "C", "weight": 1, "more": 2}]),
        ),
        (
            "grading_criteria",
            json!(vec![json!({"name": "C", "weight": 1}); 101]),
        ),
        ("coaching_tone", json!("harsh")),
        ("coaching_tone", json!("")),
        ("call_type", json!("")),
        ("call_type", json!("x".repeat(101))),
        ("is_active", json!("true")),
        ("is_active", json!(1)),
        ("id", json!(id(5).to_string())),
        ("created_at", json!("2026-03-02T12:00:00.000Z")),
        ("updated_at", json!("2026-03-02T12:00:00.000Z")),
        ("organization_id", json!("org_1")),
        ("surplus", json!(true)),
    ] {
        let body = with(member, value.clone());
        let created = house.send(&caller, "POST", "/templates", &body).await;
        assert_eq!(created.refusal().0, 400, "{member}: {value}");
        let edit = json!({member: value}).to_string();
        let edited = house.send(&caller, "PATCH", &path, &edit).await;
        assert_eq!(edited.refusal().0, 400, "{member}: {value}");
    }
    let list = house.get(&caller, "/templates").await;
    assert_eq!(list.json()["meta"]["total"], 1);
    let created: Value = serde_json::from_str(MINIMAL).unwrap();
    assert_eq!(list.data()[0]["name"], created["name"]);
}

async fn required_members_are_named(house: House) {
    let caller = grant(organization(1));
    let mut body: Value = serde_json::from_str(MINIMAL).unwrap();
    for member in ["grading_criteria", "prompt_template", "name"] {
        body.as_object_mut().unwrap().remove(member);
        let reply = house
            .send(&caller, "POST", "/templates", &body.to_string())
            .await;
        assert_eq!(reply.refusal(), (400, format!("{member} is required")));
    }
    let reply = house.send(&caller, "POST", "/templates", "").await;
    assert_eq!(reply.refusal(), (400, "name is required".to_owned()));
}

async fn overflowing_and_broken_json_is_refused(house: House) {
    let caller = grant(organization(1));
    let infinite = MINIMAL.replace(r#""weight":1"#, r#""weight":1e999"#);
    let twice = MINIMAL.replace(r#""name":"N""#, r#""name":"N","name":"M""#);
    for body in [
        infinite.as_str(),
        twice.as_str(),
        "{",
        "null",
        "[]",
        "\"text\"",
    ] {
        let reply = house.send(&caller, "POST", "/templates", body).await;
        assert_eq!(reply.refusal().0, 400, "{body}");
    }
}

async fn templates_are_filtered_and_listed_newest_first(house: House) {
    let caller = grant(organization(1));
    for (name, call_type, is_active) in [
        ("first", "demo", true),
        ("second", "demo", false),
        ("third", "R&D call", true),
    ] {
        let body = json!({
            "name": name, "prompt_template": "P", "call_type": call_type, "is_active": is_active,
            "grading_criteria": [{"name": "C", "weight": 1}],
        });
        house
            .send(&caller, "POST", "/templates", &body.to_string())
            .await;
        house.clock.advance_secs(1);
    }
    for (query, expected) in [
        ("", &["third", "second", "first"][..]),
        ("?is_active=true", &["third", "first"]),
        ("?is_active=false", &["second"]),
        ("?call_type=demo", &["second", "first"]),
        ("?call_type=R%26D+call", &["third"]),
        ("?call_type=demo&is_active=true", &["first"]),
        ("?call_type=unheard-of", &[]),
        ("?limit=1&page=2", &["second"]),
    ] {
        let reply = house.get(&caller, &format!("/templates{query}")).await;
        assert_eq!(reply.column("name"), expected, "{query}");
    }
}

async fn edit_of_another_version_changes_nothing(house: House) {
    let caller = grant(organization(1));
    let created = house.send(&caller, "POST", "/templates", MINIMAL).await;
    assert_eq!(created.headers["etag"], "\"1\"");
    let path = format!("/templates/{}", id(0));
    let edit = async |name: &str, if_match: &[&str]| {
        let body = json!({"name": name}).to_string();
        let reply = house
            .send_if(&caller, "PATCH", &path, &body, if_match)
            .await;
        (reply.status.as_u16(), reply)
    };
    assert_eq!(edit("A", &["\"1\""]).await.0, 200);
    let shown = house.get(&caller, &path).await;
    assert_eq!(
        (&shown.headers["etag"], shown.data()["name"].as_str()),
        (&"\"2\"".parse().unwrap(), Some("A"))
    );
    for stale in [
        &["\"1\""][..],
        &["W/\"2\""],
        &["2"],
        &[""],
        &["\"1\", \"3\""],
    ] {
        let (status, reply) = edit("B", stale).await;
        assert_eq!(status, 412, "{stale:?}");
        assert_eq!(reply.headers["x-mira-code"], "precondition_failed");
        let deleted = house.send_if(&caller, "DELETE", &path, "", stale).await;
        assert_eq!(deleted.status.as_u16(), 412, "{stale:?}");
    }
    assert_eq!(house.get(&caller, &path).await.data()["name"], "A");
    // An edit that changes nothing makes no version.
    assert_eq!(
        edit("A", &["\"1\", \"2\""]).await.1.headers["etag"],
        "\"2\""
    );
    assert_eq!(
        edit("C", &["\"1\"", "\"2\""]).await.1.headers["etag"],
        "\"3\""
    );
    assert_eq!(edit("D", &["*"]).await.1.headers["etag"], "\"4\"");
    assert_eq!(edit("E", &[]).await.1.headers["etag"], "\"5\"");
    let deleted = house
        .send_if(&caller, "DELETE", &path, "", &["\"5\""])
        .await;
    assert_eq!(deleted.status.as_u16(), 200);
    assert_eq!(edit("F", &["\"5\""]).await.0, 404);
}
