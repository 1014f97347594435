//! One meeting, its transcript and its reports.

use serde_json::json;

use crate::house::{House, NOON, blob, grant, id, organization};

suite! {
    meeting_is_shown_with_all_its_members_in_order,
    list_shows_meetings_without_their_transcripts,
    members_that_are_not_known_are_null,
    meeting_without_reports_has_an_empty_list_of_them,
    reports_are_listed_newest_first,
    deleted_meeting_is_gone_with_all_that_belongs_to_it,
}

async fn with_one_meeting(house: House) -> House {
    let at = NOON.as_millis();
    let meeting = blob(id(1).as_bytes());
    house
        .execute(format!(
            "INSERT INTO meetings VALUES ({meeting}, {}, 'Discovery', 'completed', {}, 'discovery',
                 'https://meet.example.com/a', '[\"Ann\",\"Ben\"]', {at}, {at} + 90500, {at} + 1);
             INSERT INTO transcript_lines VALUES
                 ({meeting}, 2, NULL, 2500, 4000, 'Fine.'),
                 ({meeting}, 1, 'Ann', 0, 2500, 'How are you?');",
            blob(organization(1).as_bytes()),
            blob(id(9).as_bytes()),
        ))
        .await;
    house
}

async fn meeting_is_shown_with_all_its_members_in_order(house: House) {
    let house = with_one_meeting(house).await;
    let reply = house
        .get(&grant(organization(1)), &format!("/meetings/{}", id(1)))
        .await;
    let expected = concat!(
        r#"{"data":{"id":"019cae68-a200-7000-8000-000000000001","title":"Discovery","#,
        r#""status":"completed","user_id":"019cae68-a200-7000-8000-000000000009","#,
        r#""call_type":"discovery","meeting_url":"https://meet.example.com/a","#,
        r#""attendees":["Ann","Ben"],"started_at":"2026-03-02T12:00:00.000Z","#,
        r#""ended_at":"2026-03-02T12:01:30.500Z","duration_secs":90,"#,
        r#""created_at":"2026-03-02T12:00:00.001Z","transcript":["#,
        r#"{"speaker":"Ann","start_secs":0.0,"end_secs":2.5,"text":"How are you?"},"#,
        r#"{"speaker":null,"start_secs":2.5,"end_secs":4.0,"text":"Fine."}]},"#,
        r#""error":null,"meta":null}"#,
    );
    assert_eq!(reply.text, expected);
}

async fn list_shows_meetings_without_their_transcripts(house: House) {
    let house = with_one_meeting(house).await;
    let data = house.get(&grant(organization(1)), "/meetings").await.data();
    let meeting = data[0].as_object().unwrap();
    assert_eq!(meeting["title"], "Discovery");
    assert!(!meeting.contains_key("transcript"));
}

async fn members_that_are_not_known_are_null(house: House) {
    house.add_meeting(organization(1), 1, "Bare", 0).await;
    let path = format!("/meetings/{}", id(1));
    let data = house.get(&grant(organization(1)), &path).await.data();
    for member in [
        "user_id",
        "call_type",
        "meeting_url",
        "ended_at",
        "duration_secs",
    ] {
        assert!(data[member].is_null() && data.get(member).is_some());
    }
    assert_eq!(data["attendees"], json!([]));
    assert_eq!(data["transcript"], json!([]));
}

async fn meeting_without_reports_has_an_empty_list_of_them(house: House) {
    let house = with_one_meeting(house).await;
    let path = format!("/meetings/{}/report", id(1));
    let reply = house.get(&grant(organization(1)), &path).await;
    assert_eq!(reply.text, r#"{"data":[],"error":null,"meta":null}"#);
}

async fn reports_are_listed_newest_first(house: House) {
    let house = with_one_meeting(house).await;
    let report = |number, at| {
        format!(
            "INSERT INTO reports (id, meeting_id, scored_by, score, summary, criteria, strengths,
                 improvements, created_at)
             VALUES ({}, {}, 'sample', 80, 'Summary {number}',
                 '[{{\"name\":\"Pace\",\"weight\":2,\"score\":80,\"comment\":\"Calm\"}}]',
                 '[\"Listens\"]', '[]', {at});",
            blob(id(number).as_bytes()),
            blob(id(1).as_bytes()),
        )
    };
    house.execute(report(21, 1000) + &report(22, 2000)).await;
    let path = format!("/meetings/{}/report", id(1));
    let reply = house.get(&grant(organization(1)), &path).await;
    assert_eq!(reply.column("summary"), ["Summary 22", "Summary 21"]);
    assert_eq!(
        reply.data()[1],
        json!({
            "id": id(21).to_string(), "meeting_id": id(1).to_string(),
            "user_id": id(9).to_string(), "template_id": null,
            "scored_by": "sample", "score": 80,
            "summary": "Summary 21",
            "criteria": [{"name": "Pace", "weight": 2.0, "score": 80, "comment": "Calm"}],
            "strengths": ["Listens"], "improvements": [],
            "scoring_error": null, "analytics": null, "created_at": "1970-01-01T00:00:01.000Z",
        })
    );
}

async fn deleted_meeting_is_gone_with_all_that_belongs_to_it(house: House) {
    let house = with_one_meeting(house).await;
    let caller = grant(organization(1));
    let path = format!("/meetings/{}", id(1));
    let reply = house.delete(&caller, &path).await;
    let expected = format!(
        r#"{{"data":{{"id":"{}"}},"error":null,"meta":null}}"#,
        id(1)
    );
    assert_eq!(reply.text, expected);
    let missing = (404, "Meeting not found".to_owned());
    assert_eq!(house.delete(&caller, &path).await.refusal(), missing);
    assert_eq!(house.get(&caller, &path).await.refusal(), missing);
    let report = house.get(&caller, &format!("{path}/report")).await;
    assert_eq!(report.refusal(), missing);
    // The same id again would show lines that had been left behind.
    house.add_meeting(organization(1), 1, "New", 0).await;
    assert_eq!(
        house.get(&caller, &path).await.data()["transcript"],
        json!([])
    );
}
