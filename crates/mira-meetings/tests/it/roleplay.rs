//! Roleplay sessions.

use serde_json::{Value, json};

use crate::house::{House, grant, id, model, organization};
use crate::script::Line::{Fails, Hangs, Says};
use crate::script::{Line, Script};

suite! {
    started_session_is_stored_and_shown,
    sessions_are_listed_newest_first_in_pages,
    bad_bodies_start_nothing,
    session_outlives_the_template_it_names,
    customer_answers_and_the_session_is_judged,
    session_is_judged_by_its_template,
    model_that_fails_leaves_the_session_as_it_was,
    what_is_over_stays_over,
}

const PATH: &str = "/roleplay/sessions";

async fn started_session_is_stored_and_shown(house: House) {
    let caller = grant(organization(1));
    let body = r#"{"scenario":"A renewal","persona":"A doubtful buyer"}"#;
    let reply = house.send(&caller, "POST", PATH, body).await;
    let expected = json!({
        "id": id(0).to_string(), "scenario": "A renewal", "persona": "A doubtful buyer",
        "template_id": null, "status": "active", "result": null,
        "created_at": "2026-03-02T12:00:00.000Z", "completed_at": null,
    });
    assert_eq!(reply.data(), expected);
    let mut shown = house
        .get(&caller, &format!("{PATH}/{}", id(0)))
        .await
        .data();
    assert_eq!(shown["messages"].take(), json!([]));
    shown.as_object_mut().unwrap().remove("messages");
    assert_eq!(shown, expected);
    assert_eq!(house.get(&caller, PATH).await.data(), json!([expected]));
}

#[tokio::test]
async fn without_a_model_no_session_starts() {
    let house = House::with_model(false);
    let caller = grant(organization(1));
    let nobody = format!("{PATH}/{}", id(5));
    for path in [
        PATH,
        &format!("{nobody}/messages"),
        &format!("{nobody}/complete"),
    ] {
        for body in [r#"{"scenario":"A renewal"}"#, "{", r#"{"scenario":1}"#] {
            let reply = house.send(&caller, "POST", path, body).await;
            assert_eq!(reply.refusal(), (503, "No model configured".to_owned()));
            assert_eq!(reply.headers["x-mira-code"], "no_model");
        }
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

/// A session with a model that plays `lines`, and its path.
async fn started(house: &House, lines: Vec<Line>) -> (Script, String) {
    let script = Script::play(lines).await;
    house.meetings.use_model(Some(model(&script.base_url)));
    let body = r#"{"scenario":"A renewal","persona":"A doubtful buyer"}"#;
    let session = post(house, PATH, body).await.unwrap();
    (
        script,
        format!("{PATH}/{}", session["id"].as_str().unwrap()),
    )
}

/// What comes back, or status and text of the refusal.
async fn post(house: &House, path: &str, body: &str) -> Result<Value, (u16, String)> {
    let reply = house
        .send(&grant(organization(1)), "POST", path, body)
        .await;
    if reply.status.is_success() {
        Ok(reply.data())
    } else {
        Err(reply.refusal())
    }
}

fn judgement(names: &[&str]) -> String {
    let criteria = names.iter();
    let criteria: Vec<Value> = criteria
        .map(|name| json!({"name": name, "score": 70, "comment": "So"}))
        .collect();
    json!({"summary": "S", "criteria": criteria, "strengths": [], "improvements": []}).to_string()
}

const USUAL: [&str; 4] = ["Discovery", "Listening", "Objections", "Next step"];
const HELLO: &str = r#"{"content":"Hello."}"#;

async fn customer_answers_and_the_session_is_judged(house: House) {
    let lines = vec![
        Says("Good morning.".to_owned()),
        Says("Too much.".to_owned()),
        Says(judgement(&USUAL)),
    ];
    let (script, path) = started(&house, lines).await;
    let messages = format!("{path}/messages");
    let at = "2026-03-02T12:00:00.000Z";
    let hello = json!({"role": "user", "content": "Hello.", "created_at": at});
    let morning = json!({"role": "counterpart", "content": "Good morning.", "created_at": at});
    let exchange = post(&house, &messages, HELLO).await.unwrap();
    assert_eq!(exchange, json!({"message": hello, "reply": morning}));
    post(&house, &messages, r#"{"content":"It is twice the price."}"#)
        .await
        .unwrap();
    let completed = post(&house, &format!("{path}/complete"), "{}")
        .await
        .unwrap();
    assert_eq!(completed["status"], "completed");
    assert_eq!(completed["completed_at"], at);
    assert_eq!(completed["result"]["score"], 70);
    assert_eq!(completed["result"]["scored_by"], "scripted/model");
    let shown = house.get(&grant(organization(1)), &path).await.data();
    assert_eq!(shown["messages"].as_array().unwrap().len(), 4);
    assert_eq!(
        (&shown["messages"][0], &shown["messages"][1]),
        (&hello, &morning)
    );
    assert_eq!(shown["result"], completed["result"]);
    let asked = script.asked();
    let task = asked[0]["messages"][0]["content"].as_str().unwrap();
    assert!(
        task.contains("A renewal") && task.contains("A doubtful buyer"),
        "{task}"
    );
    assert_eq!(asked[1]["messages"][2]["role"], "assistant");
    let said = asked[2]["messages"][1]["content"].as_str().unwrap();
    assert!(
        said.contains("Seller: Hello.") && said.contains("Customer: Too much."),
        "{said}"
    );
}

async fn session_is_judged_by_its_template(house: House) {
    let lines = vec![Says("Hm.".to_owned()), Says(judgement(&["C"]))];
    let script = Script::play(lines).await;
    house.meetings.use_model(Some(model(&script.base_url)));
    let template =
        r#"{"name":"N","prompt_template":"P","grading_criteria":[{"name":"C","weight":1}]}"#;
    let template = post(&house, "/templates", template).await.unwrap();
    let body = json!({"scenario": "S", "template_id": template["id"]}).to_string();
    let session = post(&house, PATH, &body).await.unwrap();
    let path = format!("{PATH}/{}", session["id"].as_str().unwrap());
    post(&house, &format!("{path}/messages"), HELLO)
        .await
        .unwrap();
    let completed = post(&house, &format!("{path}/complete"), "").await.unwrap();
    assert_eq!(completed["result"]["criteria"][0]["name"], "C");
}

async fn model_that_fails_leaves_the_session_as_it_was(house: House) {
    let nonsense = || Says("Nonsense".to_owned());
    let lines = vec![
        Fails,
        Hangs,
        Says("  ".to_owned()),
        nonsense(),
        nonsense(),
        nonsense(),
        Fails,
        Says(judgement(&USUAL)),
    ];
    let (_script, path) = started(&house, lines).await;
    let messages = format!("{path}/messages");
    let complete = format!("{path}/complete");
    let unusable = Err((502, "The model gave no usable answer".to_owned()));
    assert_eq!(post(&house, &messages, HELLO).await, unusable);
    let slow = Err((504, "The model took too long".to_owned()));
    assert_eq!(post(&house, &messages, HELLO).await, slow);
    assert_eq!(post(&house, &messages, HELLO).await, unusable);
    let shown = house.get(&grant(organization(1)), &path).await.data();
    assert_eq!(shown["messages"], json!([]));
    post(&house, &messages, HELLO).await.unwrap();
    // Twice nonsense, then no answer at all.
    assert_eq!(post(&house, &complete, "{}").await, unusable);
    assert_eq!(post(&house, &complete, "{}").await, unusable);
    let shown = house.get(&grant(organization(1)), &path).await.data();
    assert_eq!(
        (&shown["status"], &shown["result"]),
        (&json!("active"), &Value::Null)
    );
    post(&house, &complete, "{}").await.unwrap();
}

async fn what_is_over_stays_over(house: House) {
    let lines = vec![Says("Hm.".to_owned()), Says(judgement(&USUAL))];
    let (_script, path) = started(&house, lines).await;
    let complete = format!("{path}/complete");
    let nothing = Err((409, "Nothing was said in the session".to_owned()));
    assert_eq!(post(&house, &complete, "{}").await, nothing);
    let messages = format!("{path}/messages");
    for body in [
        "",
        "{}",
        r#"{"content":""}"#,
        r#"{"content":1}"#,
        r#"{"content":"a","b":1}"#,
    ] {
        assert_eq!(
            post(&house, &messages, body).await.unwrap_err().0,
            400,
            "{body}"
        );
    }
    assert_eq!(
        post(&house, &complete, r#"{"a":1}"#).await.unwrap_err().0,
        400
    );
    post(&house, &messages, HELLO).await.unwrap();
    let completed = post(&house, &complete, "{}").await;
    assert_eq!(post(&house, &complete, "{}").await, completed);
    let over = Err((409, "The session is completed".to_owned()));
    assert_eq!(post(&house, &messages, HELLO).await, over);
}
