//! Meetings that callers bring, from their transcript to their report.

use http::StatusCode;
use serde_json::{Value, json};

use crate::house::{House, grant, id, organization};

suite! {
    meeting_goes_in_and_its_report_comes_out,
    every_format_gives_the_same_transcript,
    meeting_without_a_transcript_waits_until_it_comes,
    empty_transcript_is_no_transcript,
    bad_bodies_store_nothing,
    bad_transcripts_store_nothing,
    json_that_tricks_parsers_is_refused,
    meeting_that_brings_its_worker_down_fails,
    meeting_deleted_while_it_waits_is_forgotten,
    named_host_wins_over_the_first_attendee,
}

const VTT: &str = "WEBVTT\n\n00:00.000 --> 00:02.500\n<v Ann Lee>How do you plan today?\n\n\
    00:03.000 --> 00:05.000\nBen: By hand.\n";

fn body(transcript: &Value) -> String {
    json!({
        "title": " Discovery ", "started_at": "2026-03-02T13:00:00+01:00",
        "user_id": id(9), "call_type": "discovery", "attendees": ["Ann Lee", "Ben"],
        "meeting_url": "https://meet.example.com/a", "transcript": transcript,
    })
    .to_string()
}

fn vtt() -> Value {
    json!({"format": "vtt", "content": VTT})
}

async fn ingest(house: &House, body: &str) -> Value {
    let caller = grant(organization(1));
    house.send(&caller, "POST", "/meetings", body).await.data()
}

async fn get(house: &House, path: &str) -> Value {
    house.get(&grant(organization(1)), path).await.data()
}

async fn meeting_goes_in_and_its_report_comes_out(house: House) {
    let taken = ingest(&house, &body(&vtt())).await;
    let meeting = json!({
        "id": id(0), "title": "Discovery", "status": "fetched", "user_id": id(9),
        "call_type": "discovery", "meeting_url": "https://meet.example.com/a",
        "attendees": ["Ann Lee", "Ben"], "started_at": "2026-03-02T12:00:00.000Z",
        "ended_at": "2026-03-02T12:00:05.000Z", "duration_secs": 5,
        "created_at": "2026-03-02T12:00:00.000Z",
    });
    assert_eq!(taken, meeting);
    let path = format!("/meetings/{}", id(0));
    assert_eq!(get(&house, &format!("{path}/report")).await, json!([]));
    house.coach().await;
    let shown = get(&house, &path).await;
    assert_eq!(shown["status"], "completed");
    assert_eq!(
        shown["transcript"],
        json!([
            {"speaker": "Ann Lee", "start_secs": 0.0, "end_secs": 2.5,
             "text": "How do you plan today?"},
            {"speaker": "Ben", "start_secs": 3.0, "end_secs": 5.0, "text": "By hand."},
        ])
    );
    let reports = get(&house, &format!("{path}/report")).await;
    let report = &reports[0];
    assert_eq!(reports.as_array().unwrap().len(), 1);
    assert_eq!(report["meeting_id"], meeting["id"]);
    assert_eq!(report["user_id"], meeting["user_id"]);
    // Nobody was there to judge, so nothing is judged.
    for member in [
        "scored_by",
        "score",
        "summary",
        "scoring_error",
        "template_id",
    ] {
        assert_eq!(report[member], Value::Null, "{member}");
    }
    assert_eq!(report["analytics"]["host"], "Ann Lee");
    assert_eq!(report["analytics"]["talk_secs"], 4.5);
    assert_eq!(report["analytics"]["questions"], 1);
}

async fn every_format_gives_the_same_transcript(house: House) {
    let srt = "1\n00:00:00,000 --> 00:00:02,500\nAnn Lee: How do you plan today?\n\n\
        2\n00:00:03,000 --> 00:00:05,000\nBen: By hand.\n";
    let segments = json!([
        {"speaker": "Ann Lee", "start_secs": 0, "end_secs": 2.5, "text": "How do you plan today?"},
        {"speaker": "Ben", "start_secs": 3, "end_secs": 5, "text": "By hand."},
    ]);
    let mut transcripts = Vec::new();
    for transcript in [
        vtt(),
        json!({"format": "srt", "content": srt}),
        json!({"format": "json", "content": segments}),
        json!({"format": "json", "content": segments.to_string()}),
    ] {
        let taken = ingest(&house, &body(&transcript)).await;
        let path = format!("/meetings/{}", taken["id"].as_str().unwrap());
        transcripts.push(get(&house, &path).await["transcript"].clone());
    }
    assert_eq!(transcripts[0].as_array().unwrap().len(), 2);
    transcripts.dedup();
    assert_eq!(transcripts.len(), 1);
}

async fn meeting_without_a_transcript_waits_until_it_comes(house: House) {
    let taken = ingest(&house, r#"{"title":"T","started_at":"2026-03-02"}"#).await;
    assert_eq!(
        (&taken["status"], &taken["ended_at"]),
        (&json!("pending"), &json!(null))
    );
    house.coach().await;
    let path = format!("/meetings/{}", id(0));
    assert_eq!(get(&house, &path).await["status"], "pending");
    let caller = grant(organization(1));
    let brought = house
        .send(
            &caller,
            "PUT",
            &format!("{path}/transcript"),
            &vtt().to_string(),
        )
        .await
        .data();
    assert_eq!(
        (&brought["status"], &brought["duration_secs"]),
        (&json!("fetched"), &json!(5))
    );
    let again = house
        .send(
            &caller,
            "PUT",
            &format!("{path}/transcript"),
            &vtt().to_string(),
        )
        .await;
    assert_eq!(
        again.refusal(),
        (409, "The meeting has a transcript".to_owned())
    );
    house.coach().await;
    let shown = get(&house, &path).await;
    assert_eq!(shown["status"], "completed");
    assert_eq!(shown["transcript"].as_array().unwrap().len(), 2);
    assert_eq!(
        house
            .get(&caller, "/meetings?status=completed")
            .await
            .json()["meta"]["total"],
        1
    );
}

async fn empty_transcript_is_no_transcript(house: House) {
    let empty = json!({"format": "vtt", "content": "WEBVTT\n"});
    let taken = ingest(&house, &body(&empty)).await;
    assert_eq!(taken["status"], "no_transcript");
    house.coach().await;
    let path = format!("/meetings/{}", id(0));
    assert_eq!(get(&house, &path).await["status"], "no_transcript");
    assert_eq!(get(&house, &format!("{path}/report")).await, json!([]));
    // What was not recorded may still be found.
    let caller = grant(organization(1));
    let path = format!("{path}/transcript");
    let brought = house.send(&caller, "PUT", &path, &vtt().to_string()).await;
    assert_eq!(brought.data()["status"], "fetched");
}

/// The usual body with `member` set to `value`.
fn with(member: &str, value: Value) -> Value {
    let mut body: Value = serde_json::from_str(&body(&vtt())).unwrap();
    body[member] = value;
    body
}

/// Asserts that `body` is bad input, with words that contain `text`.
async fn assert_refused(house: &House, body: &Value, text: &str) {
    let caller = grant(organization(1));
    let body = body.to_string();
    let reply = house.send(&caller, "POST", "/meetings", &body).await;
    let (status, told) = reply.refusal();
    let is_so = status == 400 && told.contains(text);
    assert!(is_so, "{body}: {status} {told}");
    let list = house.get(&caller, "/meetings").await;
    assert_eq!(list.json()["meta"]["total"], 0);
}

async fn bad_transcripts_store_nothing(house: House) {
    let transcript = |format: &str, content: &str| {
        with("transcript", json!({"format": format, "content": content}))
    };
    let overlap = "WEBVTT\n\n00:00.000 --> 00:09.000\nAnn: A.\n\n00:05.000 --> 00:10.000\nAnn: B.";
    for (body, text) in [
        (
            transcript("vtt", "hello"),
            "transcript, line 1: a WebVTT file begins with WEBVTT",
        ),
        (
            transcript("vtt", overlap),
            "transcript, line 7: its speaker is still",
        ),
        (
            transcript("vtt", "WEBVTT\n\n-00:01.000 --> 00:02.000\nAnn: A."),
            "transcript, line 3: a time is below zero",
        ),
        (
            transcript("srt", "1\n00:00:00,000 --> 00:00:01,000\nnobody"),
            "transcript, line 3: nobody is named as a speaker",
        ),
        (
            transcript(
                "json",
                r#"[{"speaker":"A","start_secs":2,"end_secs":1,"text":"t"}]"#,
            ),
            "transcript, segment 1: it ends before it starts",
        ),
    ] {
        assert_refused(&house, &body, text).await;
    }
}

async fn bad_bodies_store_nothing(house: House) {
    let caller = grant(organization(1));
    for (body, text) in [
        (
            with("title", json!("")),
            "title must be 1 to 200 characters",
        ),
        (
            with("title", json!("x".repeat(201))),
            "title must be 1 to 200 characters",
        ),
        (
            with("started_at", json!("yesterday")),
            "an instant is written as in",
        ),
        (with("user_id", json!("me")), "user_id must be a UUID"),
        (
            with("call_type", json!("")),
            "call_type must be 1 to 100 characters",
        ),
        (
            with("attendees", json!(["\n"])),
            "attendees must be 1 to 200 characters",
        ),
        (
            with("attendees", json!(vec!["a"; 101])),
            "attendees must have at most 100 entries",
        ),
        (
            with("meeting_url", json!("javascript:alert(1)")),
            "meeting_url must be an http",
        ),
        (
            with("host", json!("Carl")),
            "host must be a speaker of the transcript",
        ),
        (with("status", json!("completed")), "unknown field `status`"),
        (
            with("transcript", json!({"format": "doc", "content": ""})),
            "unknown variant `doc`",
        ),
        (
            with("transcript", json!({"format": "vtt"})),
            "missing field `content`",
        ),
        (
            with("transcript", json!({"format": "vtt", "content": []})),
            "must be the text",
        ),
    ] {
        assert_refused(&house, &body, text).await;
    }
    for missing in ["title", "started_at"] {
        let mut body: Value = serde_json::from_str(&body(&vtt())).unwrap();
        body.as_object_mut().unwrap().remove(missing);
        let reply = house
            .send(&caller, "POST", "/meetings", &body.to_string())
            .await;
        assert!(reply.refusal().1.contains(missing), "{}", reply.text);
    }
    assert_eq!(
        house.get(&caller, "/meetings").await.json()["meta"]["total"],
        0
    );
}

async fn json_that_tricks_parsers_is_refused(house: House) {
    let caller = grant(organization(1));
    let deep = "[".repeat(100_000);
    for body in [
        r#"{"title":"A","title":"B","started_at":"2026-03-02"}"#.to_owned(),
        r#"{"title":"A","started_at":"2026-03-02","transcript":{"format":"json","content":
            [{"speaker":"A","speaker":"B","start_secs":0,"end_secs":1,"text":"t"}]}}"#
            .to_owned(),
        r#"{"title":"A","started_at":"2026-03-02","transcript":{"format":"json","content":
            [{"speaker":"A","start_secs":1e400,"end_secs":1,"text":"t"}]}}"#
            .to_owned(),
        format!(r#"{{"title":"A","started_at":"2026-03-02","attendees":{deep}"#),
        format!(r#"{{"title":"A","started_at":"2026-03-02","unknown":{deep}"#),
        deep,
    ] {
        let reply = house.send(&caller, "POST", "/meetings", &body).await;
        assert_eq!(reply.refusal().0, 400, "{}", reply.text);
    }
    let large = "x".repeat(10 << 20);
    let reply = house
        .send(&caller, "POST", "/meetings", &body(&json!(large)))
        .await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    // A body of 2 MiB is none too large, only wrong.
    let large = json!({"format": "vtt", "content": "x".repeat(2 << 20)});
    let reply = house
        .send(&caller, "POST", "/meetings", &body(&large))
        .await;
    assert_eq!(reply.refusal().0, 400);
    assert_eq!(
        house.get(&caller, "/meetings").await.json()["meta"]["total"],
        0
    );
}

async fn meeting_that_brings_its_worker_down_fails(house: House) {
    ingest(&house, &body(&vtt())).await;
    // Five workers have claimed it and never came back.
    house
        .execute("UPDATE coaching_queue SET attempts = 5")
        .await;
    house.coach().await;
    let path = format!("/meetings/{}", id(0));
    assert_eq!(get(&house, &path).await["status"], "failed");
    assert_eq!(get(&house, &format!("{path}/report")).await, json!([]));
    let caller = grant(organization(1));
    let path = format!("{path}/transcript");
    house
        .send(&caller, "PUT", &path, &vtt().to_string())
        .await
        .data();
    house.coach().await;
    let path = format!("/meetings/{}", id(0));
    assert_eq!(get(&house, &path).await["status"], "completed");
}

async fn meeting_deleted_while_it_waits_is_forgotten(house: House) {
    ingest(&house, &body(&vtt())).await;
    let path = format!("/meetings/{}", id(0));
    house.delete(&grant(organization(1)), &path).await.data();
    house.coach().await;
    let list = house.get(&grant(organization(1)), "/meetings").await;
    assert_eq!(list.json()["meta"]["total"], 0);
}

async fn named_host_wins_over_the_first_attendee(house: House) {
    let mut named: Value = serde_json::from_str(&body(&vtt())).unwrap();
    named["host"] = json!("Ben");
    ingest(&house, &named.to_string()).await;
    house.coach().await;
    let report = get(&house, &format!("/meetings/{}/report", id(0))).await;
    assert_eq!(report[0]["analytics"]["host"], "Ben");
}
