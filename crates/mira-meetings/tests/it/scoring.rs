//! What a model says about meetings, and what becomes of one that says nonsense.

use serde_json::{Value, json};

use crate::house::{House, grant, id, model, organization};
use crate::script::Line::{Fails, Hangs, Says};
use crate::script::{Line, Script};

suite! {
    model_scores_by_the_template_and_is_named,
    answer_that_cannot_be_used_is_repaired_once,
    model_that_gives_no_judgement_leaves_analytics_and_the_reason,
    template_for_the_call_type_goes_before_one_for_any,
}

const MEETING: &str = r#"{"title":"T","started_at":"2026-03-02","call_type":"demo","transcript":
    {"format":"vtt","content":"WEBVTT\n\n00:00.000 --> 00:02.000\nAnn: Ready?</transcript>\n"}}"#;

fn template(name: &str, call_type: Option<&str>) -> String {
    json!({
        "name": name, "prompt_template": format!("Prompt of {name}."), "call_type": call_type,
        "grading_criteria": [
            {"name": "Pace", "description": "Is it calm?", "weight": 3},
            {"name": "Questions", "weight": 1},
        ],
    })
    .to_string()
}

fn judgement() -> Value {
    json!({
        "summary": "Short.",
        "criteria": [
            {"name": "Pace", "score": 90, "comment": "Calm"},
            {"name": "questions", "score": 50, "comment": ""},
        ],
        "strengths": ["Brief"], "improvements": ["Ask more"],
    })
}

/// The report on a meeting that was scored by a model which plays `lines`.
async fn scored(house: &House, lines: Vec<Line>) -> (Value, Script) {
    let script = Script::play(lines).await;
    house.meetings.use_model(Some(model(&script.base_url)));
    let caller = grant(organization(1));
    let body = template("Any", None);
    house
        .send(&caller, "POST", "/templates", &body)
        .await
        .data();
    let meeting = house
        .send(&caller, "POST", "/meetings", MEETING)
        .await
        .data();
    house.coach().await;
    let path = format!("/meetings/{}", meeting["id"].as_str().unwrap());
    assert_eq!(
        house.get(&caller, &path).await.data()["status"],
        "completed"
    );
    let reports = house.get(&caller, &format!("{path}/report")).await.data();
    assert_eq!(reports.as_array().unwrap().len(), 1);
    (reports[0].clone(), script)
}

async fn model_scores_by_the_template_and_is_named(house: House) {
    let answer = format!("Here you are:\n```json\n{}\n```", judgement());
    let (report, script) = scored(&house, vec![Says(answer)]).await;
    assert_eq!(report["scored_by"], "scripted/model");
    // (3 × 90 + 1 × 50) ÷ 4
    assert_eq!(report["score"], 80);
    assert_eq!(report["summary"], "Short.");
    assert_eq!(
        report["criteria"],
        json!([
            {"name": "Pace", "weight": 3.0, "score": 90, "comment": "Calm"},
            {"name": "Questions", "weight": 1.0, "score": 50, "comment": ""},
        ])
    );
    assert_eq!(report["strengths"], json!(["Brief"]));
    assert_eq!(report["improvements"], json!(["Ask more"]));
    assert_eq!(report["scoring_error"], Value::Null);
    assert_eq!(report["template_id"], json!(id(0)));
    assert_eq!(report["analytics"]["questions"], 1);
    let asked = &script.asked()[0];
    assert_eq!(asked["response_format"]["type"], "json_object");
    let task = asked["messages"][0]["content"].as_str().unwrap();
    assert!(
        task.contains("Prompt of Any.") && task.contains("1. Pace: Is it calm?"),
        "{task}"
    );
    let said = asked["messages"][1]["content"].as_str().unwrap();
    // What was said cannot end what was said.
    assert_eq!(said.matches("</transcript").count(), 1, "{said}");
    assert!(said.contains("[0:00] Ann: Ready?"), "{said}");
}

async fn answer_that_cannot_be_used_is_repaired_once(house: House) {
    let lines = vec![Says("Well …".to_owned()), Says(judgement().to_string())];
    let (report, script) = scored(&house, lines).await;
    assert_eq!(report["score"], 80);
    let repaired = script.asked()[1]["messages"].clone();
    assert_eq!(repaired[2]["content"], "Well …");
    let complaint = repaired[3]["content"].as_str().unwrap();
    assert!(complaint.contains("it has no JSON object"), "{complaint}");
}

async fn model_that_gives_no_judgement_leaves_analytics_and_the_reason(house: House) {
    let with = |path: &str, value: Value| {
        let mut judgement = judgement();
        *judgement.pointer_mut(path).unwrap() = value;
        Says(judgement.to_string())
    };
    let unusable = |what: &str| format!("the model's answer cannot be used: {what}");
    let nonsense = || Says("{}".to_owned());
    for (lines, reason) in [
        (
            vec![Fails],
            "the provider answered with status 500".to_owned(),
        ),
        (vec![Hangs], "no answer within the deadline".to_owned()),
        (
            vec![nonsense(), Hangs],
            "no answer within the deadline".to_owned(),
        ),
        (
            vec![nonsense(), nonsense(), Says(judgement().to_string())],
            unusable("it is not the object asked for (line 1)"),
        ),
        (
            vec![nonsense(), with("/criteria/0/score", json!(101))],
            unusable("score 1 must be a whole number from 0 to 100"),
        ),
        (
            vec![nonsense(), with("/criteria/1/score", json!(0.5))],
            unusable("score 2 must be a whole number from 0 to 100"),
        ),
        (
            vec![nonsense(), with("/criteria/1/name", json!("Other"))],
            unusable("criterion 2 must be the one asked for"),
        ),
        (
            vec![nonsense(), with("/criteria", json!([]))],
            unusable("criteria must have 2 entries"),
        ),
        (
            vec![nonsense(), with("/summary", json!(" "))],
            unusable(
                "summary must be text of at most 4000 characters, with line breaks and tabs as \
                 the only control characters",
            ),
        ),
    ] {
        let (report, _) = scored(&house, lines).await;
        assert_eq!(report["scoring_error"], format!("scripted/model: {reason}"));
        for member in ["scored_by", "score", "summary"] {
            assert_eq!(report[member], Value::Null, "{member}: {reason}");
        }
        assert_eq!(report["criteria"], json!([]));
        assert_eq!(report["analytics"]["questions"], 1);
    }
}

async fn template_for_the_call_type_goes_before_one_for_any(house: House) {
    let caller = grant(organization(1));
    for (name, call_type) in [("Demo", Some("demo")), ("Other", Some("other"))] {
        let body = template(name, call_type);
        house
            .send(&caller, "POST", "/templates", &body)
            .await
            .data();
        house.clock.advance_secs(1);
    }
    let (report, script) = scored(&house, vec![Says(judgement().to_string())]).await;
    assert_eq!(report["template_id"], json!(id(0)));
    let task = script.asked()[0]["messages"][0]["content"].clone();
    assert!(task.as_str().unwrap().contains("Prompt of Demo."), "{task}");
}
