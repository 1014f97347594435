//! The data of the demonstration.

use std::collections::BTreeMap;

use mira_core::UserId;
use serde_json::Value;

use crate::house::{House, NOON, grant, organization};

suite! {
    samples_show_every_status_of_the_last_weeks,
    samples_with_a_transcript_have_a_whole_one,
    completed_samples_have_a_report_by_a_template,
    samples_are_shared_out_among_the_people,
}

async fn load(house: &House) {
    let users = [UserId::new(NOON, [1; 10]), UserId::new(NOON, [2; 10])];
    let loaded = house.meetings.load_samples(organization(1), &users).await;
    loaded.unwrap();
}

async fn all(house: &House) -> Vec<Value> {
    let caller = grant(organization(1));
    let list = house.get(&caller, "/meetings?limit=100").await;
    let mut meetings = Vec::new();
    for id in list.column("id") {
        meetings.push(house.get(&caller, &format!("/meetings/{id}")).await.data());
    }
    meetings
}

async fn samples_show_every_status_of_the_last_weeks(house: House) {
    load(&house).await;
    let meetings = all(&house).await;
    assert_eq!(meetings.len(), 24);
    let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
    for meeting in &meetings {
        let status = meeting["status"].as_str().unwrap();
        *statuses.entry(status.to_owned()).or_default() += 1;
        let started_at = meeting["started_at"].as_str().unwrap();
        assert!(("2026-01-20".."2026-03-02T12").contains(&started_at));
    }
    assert_eq!(statuses.len(), 6);
    assert!(statuses["completed"] >= 8);
}

async fn samples_with_a_transcript_have_a_whole_one(house: House) {
    load(&house).await;
    for meeting in all(&house).await {
        let lines = meeting["transcript"].as_array().unwrap();
        let status = meeting["status"].as_str().unwrap();
        let is_transcribed = matches!(status, "completed" | "processing" | "fetched");
        assert_eq!(!lines.is_empty(), is_transcribed, "{}", meeting["title"]);
        if is_transcribed {
            assert!((10..=30).contains(&lines.len()), "{}", meeting["title"]);
        }
        let mut end = 0.0;
        for line in lines {
            let start = line["start_secs"].as_f64().unwrap();
            assert!(start >= end);
            end = line["end_secs"].as_f64().unwrap();
            let speaker = &line["speaker"];
            assert!(meeting["attendees"].as_array().unwrap().contains(speaker));
        }
        assert!(meeting["duration_secs"].as_f64().unwrap() >= end);
    }
}

async fn completed_samples_have_a_report_by_a_template(house: House) {
    load(&house).await;
    let caller = grant(organization(1));
    let templates = house.get(&caller, "/templates?is_active=true").await;
    let templates = templates.column("id");
    assert_eq!(templates.len(), 3);
    for meeting in all(&house).await {
        let id = meeting["id"].as_str().unwrap();
        let reports = house
            .get(&caller, &format!("/meetings/{id}/report"))
            .await
            .data();
        let reports = reports.as_array().unwrap();
        let expected = usize::from(meeting["status"] == "completed");
        assert_eq!(reports.len(), expected);
        for report in reports {
            let template = report["template_id"].as_str().unwrap().to_owned();
            assert!(templates.contains(&template));
            assert!((30..=100).contains(&report["score"].as_i64().unwrap()));
            assert_eq!(report["user_id"], meeting["user_id"]);
        }
    }
}

async fn samples_are_shared_out_among_the_people(house: House) {
    load(&house).await;
    let people: std::collections::BTreeSet<String> = all(&house)
        .await
        .iter()
        .map(|meeting| meeting["user_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(people.len(), 2);
    let person = people.first().unwrap();
    let reply = house
        .get(
            &grant(organization(1)),
            &format!("/meetings?user_id={person}"),
        )
        .await;
    assert!(reply.json()["meta"]["total"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn samples_are_the_same_wherever_they_are_made() {
    let (one, other) = (House::open(), House::open());
    load(&one).await;
    load(&other).await;
    assert_eq!(all(&one).await, all(&other).await);
}

#[tokio::test]
async fn samples_are_loaded_once_and_never_over_real_meetings() {
    let house = House::open();
    load(&house).await;
    let before = all(&house).await;
    load(&house).await;
    assert_eq!(all(&house).await, before);

    let lived_in = House::open();
    lived_in
        .add_meeting(organization(1), 1_000, "Real", 0)
        .await;
    load(&lived_in).await;
    let caller = grant(organization(1));
    let titles = lived_in.get(&caller, "/meetings").await.column("title");
    assert_eq!(titles, ["Real"]);
    let templates = lived_in.get(&caller, "/templates").await;
    assert_eq!(templates.data(), serde_json::json!([]));
}
