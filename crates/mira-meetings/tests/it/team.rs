//! Team stats and insights over periods whose numbers were worked out by hand.

use serde_json::{Value, json};

use crate::house::{House, NOON, blob, grant, id, model, organization};
use crate::script::Line::Says;
use crate::script::Script;

suite! {
    numbers_of_a_team_are_those_of_its_meetings,
    period_begins_inside_and_ends_outside,
    instants_of_other_time_zones_are_the_same_instants,
    insights_tell_the_trend_and_what_changed,
    weakest_criteria_are_the_lowest_means,
    without_meetings_there_is_nothing_to_measure,
    bad_periods_are_refused,
    other_organizations_do_not_count,
    deleted_meeting_no_longer_counts,
    long_period_is_what_its_meetings_are_wherever_it_begins,
    longest_period_is_told_in_years_that_can_be_written,
}

/// Brings a meeting in which Ann, the host, speaks `host` of 100 seconds.
async fn meet(house: &House, started_at: &str, user: Option<u64>, host: u32, said: &str) -> Value {
    let body = json!({
        "title": "T", "started_at": started_at, "user_id": user.map(id), "attendees": ["Ann"],
        "transcript": {"format": "json", "content": [
            {"speaker": "Ann", "start_secs": 0, "end_secs": host, "text": said},
            {"speaker": "Ben", "start_secs": host, "end_secs": 100, "text": "Yes."},
        ]},
    });
    let caller = grant(organization(1));
    let body = body.to_string();
    let meeting = house.send(&caller, "POST", "/meetings", &body).await.data();
    house.coach().await;
    meeting
}

async fn get(house: &House, path: &str) -> Value {
    house.get(&grant(organization(1)), path).await.data()
}

async fn numbers_of_a_team_are_those_of_its_meetings(house: House) {
    meet(
        &house,
        "2026-02-10T10:00:00Z",
        Some(1),
        40,
        "Why? And um how?",
    )
    .await;
    meet(&house, "2026-02-11T10:00:00Z", Some(1), 60, "I'll send it.").await;
    meet(&house, "2026-02-12T10:00:00Z", Some(2), 80, "Really?").await;
    let pending = r#"{"title":"P","started_at":"2026-02-13"}"#;
    house
        .send(&grant(organization(1)), "POST", "/meetings", pending)
        .await
        .data();
    let stats = get(&house, "/team/stats").await;
    assert_eq!(stats["to"], "2026-03-02T12:00:00.000Z");
    assert_eq!(stats["from"], "2026-01-31T12:00:00.000Z");
    assert_eq!(
        stats["meetings"],
        json!({"total": 4, "by_status": {"pending": 1, "fetched": 0, "processing": 0,
            "completed": 3, "failed": 0, "no_transcript": 0}})
    );
    assert_eq!(
        stats["metrics"],
        json!({
            "reports": 3, "scored": 0, "talk_secs": 300.0,
            // 40 + 60 + 80 of 300 seconds
            "host_talk_share": 0.6,
            "questions_per_meeting": 1.0, "host_questions_per_meeting": 1.0,
            // 60, 60 and 80 seconds
            "mean_longest_monologue_secs": 66.67,
            // 4 + 3 + 1 words of Ann's and 3 of Ben's in five minutes
            "words_per_minute": 2.2,
            "filler_words_per_100_words": 9.09,
            "interruptions_per_meeting": 0.0, "next_steps_per_meeting": 0.33,
            "mean_score": null,
        })
    );
    let users = stats["users"].as_array().unwrap();
    let ids: Vec<&Value> = users.iter().map(|user| &user["user_id"]).collect();
    assert_eq!(ids, [&json!(id(1)), &Value::Null, &json!(id(2))]);
    assert_eq!(users[0]["metrics"]["host_talk_share"], 0.5);
    assert_eq!(users[0]["meetings"]["total"], 2);
    assert_eq!(users[1]["metrics"]["host_talk_share"], Value::Null);
    assert_eq!(users[2]["metrics"]["host_talk_share"], 0.8);
}

async fn period_begins_inside_and_ends_outside(house: House) {
    for started_at in [
        "2026-02-10T00:00:00Z",
        "2026-02-10T23:59:59.999Z",
        "2026-02-11T00:00:00Z",
    ] {
        meet(&house, started_at, None, 50, "Hi.").await;
    }
    for (period, count) in [
        ("from=2026-02-10&to=2026-02-11", 2),
        ("from=2026-02-10T00:00:00.001Z&to=2026-02-11", 1),
        ("from=2026-02-10&to=2026-02-11T00:00:00.001Z", 3),
        ("from=2026-02-11&to=2026-02-12", 1),
        ("from=2026-02-12&to=2026-02-13", 0),
    ] {
        let stats = get(&house, &format!("/team/stats?{period}")).await;
        assert_eq!(stats["meetings"]["total"], count, "{period}");
        assert_eq!(stats["metrics"]["reports"], count, "{period}");
        let insights = get(&house, &format!("/insights?{period}")).await;
        assert_eq!(insights["meetings"]["total"], count, "{period}");
        assert_eq!(insights["metrics"]["reports"], count, "{period}");
        let trend = insights["trend"].as_array().unwrap();
        let reports = trend
            .iter()
            .map(|stretch| stretch["metrics"]["reports"].as_i64().unwrap());
        assert_eq!(reports.sum::<i64>(), count, "{period}");
    }
}

async fn instants_of_other_time_zones_are_the_same_instants(house: House) {
    // Midnight of the 10th in Kiritimati, which is still the 9th in UTC.
    meet(&house, "2026-02-10T00:00:00+14:00", None, 50, "Hi.").await;
    for (period, count) in [
        (
            "from=2026-02-10T00:00:00%2B14:00&to=2026-02-11T00:00:00%2B14:00",
            1,
        ),
        ("from=2026-02-10&to=2026-02-11", 0),
        ("from=2026-02-09&to=2026-02-10", 1),
    ] {
        let insights = get(&house, &format!("/insights?{period}")).await;
        assert_eq!(insights["meetings"]["total"], count, "{period}");
        // A day begins where the period does.
        let trend = insights["trend"].as_array().unwrap();
        assert_eq!(
            (trend.len(), &trend[0]["from"]),
            (1, &insights["from"]),
            "{period}"
        );
    }
}

async fn insights_tell_the_trend_and_what_changed(house: House) {
    meet(&house, "2026-02-01T10:00:00Z", None, 50, "Why?").await;
    meet(&house, "2026-02-08T10:00:00Z", None, 70, "Why? How?").await;
    meet(&house, "2026-02-10T10:00:00Z", None, 90, "So.").await;
    let insights = get(&house, "/insights?from=2026-02-08&to=2026-02-11").await;
    assert_eq!(insights["previous_from"], "2026-02-05T00:00:00.000Z");
    // Nothing was measured in the three days before.
    assert_eq!(insights["changes"], json!([]));
    let shares: Vec<&Value> = insights["trend"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stretch| &stretch["metrics"]["host_talk_share"])
        .collect();
    assert_eq!(shares, [&json!(0.7), &Value::Null, &json!(0.9)]);
    assert_eq!(
        insights["top_improvements"],
        json!([{
            "observation": "talks_too_much", "meetings": 2,
            "advice": "Leave more of the conversation to the customer",
        }])
    );
    let weeks = get(&house, "/insights?from=2026-02-07&to=2026-02-14").await;
    let change = weeks["changes"].as_array().unwrap().iter();
    let share = change
        .clone()
        .find(|change| change["metric"] == "host_talk_share");
    let expected =
        json!({"metric": "host_talk_share", "before": 0.5, "now": 0.8, "difference": 0.3});
    assert_eq!(share, Some(&expected));
    // One question in a meeting before, two in two now: no change.
    assert!(
        change
            .clone()
            .all(|change| change["metric"] != "questions_per_meeting")
    );
}

async fn weakest_criteria_are_the_lowest_means(house: House) {
    let judged = |pace: u8, depth: u8| {
        let judgement = json!({"summary": "S", "strengths": [], "improvements": [], "criteria": [
            {"name": "Pace", "score": pace, "comment": ""},
            {"name": "Depth", "score": depth, "comment": ""},
        ]});
        Says(judgement.to_string())
    };
    let script = Script::play(vec![judged(90, 40), judged(80, 45)]).await;
    house.meetings.use_model(Some(model(&script.base_url)));
    let template = r#"{"name":"N","prompt_template":"P","grading_criteria":
        [{"name":"Pace","weight":1},{"name":"Depth","weight":1}]}"#;
    house
        .send(&grant(organization(1)), "POST", "/templates", template)
        .await
        .data();
    meet(&house, "2026-02-10T10:00:00Z", None, 50, "Hi.").await;
    meet(&house, "2026-02-11T10:00:00Z", None, 50, "Hi.").await;
    let insights = get(&house, "/insights").await;
    assert_eq!(
        insights["weakest_criteria"],
        json!([
            {"name": "Depth", "mean_score": 42.5, "scores": 2},
            {"name": "Pace", "mean_score": 85.0, "scores": 2},
        ])
    );
    // 65 and 63: the means of each report are whole numbers.
    assert_eq!(insights["metrics"]["mean_score"], 64.0);
    assert_eq!(insights["metrics"]["scored"], 2);
}

async fn without_meetings_there_is_nothing_to_measure(house: House) {
    let stats = get(&house, "/team/stats").await;
    assert_eq!(
        (&stats["meetings"]["total"], &stats["users"]),
        (&json!(0), &json!([]))
    );
    assert_eq!(stats["metrics"]["host_talk_share"], Value::Null);
    let insights = get(&house, "/insights?from=2025-01-01&to=2026-01-01").await;
    for member in ["changes", "top_improvements", "weakest_criteria"] {
        assert_eq!(insights[member], json!([]), "{member}");
    }
    assert_eq!(insights["trend"].as_array().unwrap().len(), 53);
}

async fn bad_periods_are_refused(house: House) {
    let caller = grant(organization(1));
    for path in ["/team/stats", "/insights"] {
        for query in [
            "from=2026-02-02&to=2026-02-02",
            "from=2026-02-03&to=2026-02-02",
            "from=2027-01-01",
            "from=soon",
            "to=",
            "to=2026-01-01&to=2026-01-02",
        ] {
            let reply = house.get(&caller, &format!("{path}?{query}")).await;
            assert_eq!(reply.refusal().0, 400, "{query}");
        }
        let reply = house
            .get(&caller, &format!("{path}?from=-009999-01-01&to=9999-01-01"))
            .await;
        assert!(
            [200, 400].contains(&reply.status.as_u16()),
            "{}",
            reply.text
        );
    }
}

async fn other_organizations_do_not_count(house: House) {
    meet(&house, "2026-02-10T10:00:00Z", None, 50, "Hi.").await;
    let stranger = grant(organization(2));
    let stats = house.get(&stranger, "/team/stats").await.data();
    assert_eq!(
        (&stats["meetings"]["total"], &stats["users"]),
        (&json!(0), &json!([]))
    );
    let insights = house.get(&stranger, "/insights").await.data();
    assert_eq!(insights["metrics"]["reports"], 0);
}

async fn deleted_meeting_no_longer_counts(house: House) {
    let meeting = meet(&house, "2026-02-10T10:00:00Z", None, 70, "Hi.").await;
    let path = format!("/meetings/{}", meeting["id"].as_str().unwrap());
    house.delete(&grant(organization(1)), &path).await.data();
    let insights = get(&house, "/insights").await;
    assert_eq!(insights["meetings"]["total"], 0);
    assert_eq!(insights["metrics"]["reports"], 0);
    assert_eq!(insights["top_improvements"], json!([]));
}

const HOUR: i64 = 3_600_000;

/// Meeting `number`, so many hours before noon, of one of three users.
async fn past(house: &House, number: u64, hours: i64) {
    let (meeting, organization) = (blob(id(number).as_bytes()), organization(1));
    let organization = blob(organization.as_bytes());
    let at = NOON.as_millis() - hours * HOUR;
    let user = blob(id(number % 3).as_bytes());
    house
        .execute(format!(
            "INSERT INTO meetings (id, organization_id, title, status, user_id, attendees,
                 started_at, created_at)
             VALUES ({meeting}, {organization}, 'T', 'completed', {user}, '[]', {at}, 0);
             INSERT INTO report_facts VALUES ({organization}, {at}, {meeting}, {user},
                 1000, 500, 1, {number}, 4, 5, 6, 7, 8, 1, {number} % 100);
             INSERT INTO report_criteria VALUES ({organization}, {at}, {meeting}, 1, 'Pace', 50);"
        ))
        .await;
}

/// The meetings, by their hours before noon, that are there.
async fn expect(house: &House, hours: &[(u64, i64)]) {
    for (from, to) in [
        (3_000, 0),
        (2_000, 17),
        (1_501, 1_500),
        (1_200, 36),
        (400, 395),
        (36, 12),
    ] {
        let instant = |hours: i64| {
            let at = mira_core::Timestamp::from_millis(NOON.as_millis() - hours * HOUR);
            mira_wire::format_instant(at)
        };
        let inside: Vec<u64> = hours
            .iter()
            .filter(|(_, hours)| (to + 1..=from).contains(hours))
            .map(|(number, _)| *number)
            .collect();
        let query = format!("?from={}&to={}", instant(from), instant(to));
        let stats = get(house, &format!("/team/stats{query}")).await;
        let insights = get(house, &format!("/insights{query}")).await;
        let count = inside.len();
        for told in [&stats, &insights] {
            assert_eq!(told["metrics"]["reports"], count, "{query}");
            assert_eq!(told["meetings"]["by_status"]["completed"], count, "{query}");
        }
        assert_eq!(stats["metrics"], insights["metrics"], "{query}");
        for user in stats["users"].as_array().unwrap() {
            let number = (0..3)
                .find(|number| user["user_id"] == json!(id(*number)))
                .unwrap();
            let theirs = inside.iter().filter(|inside| *inside % 3 == number).count();
            assert_eq!(user["metrics"]["reports"], theirs, "{query}");
            assert_eq!(user["meetings"]["total"], theirs, "{query}");
        }
        let trend = insights["trend"].as_array().unwrap().iter();
        let questions = trend.map(|stretch| {
            let metrics = &stretch["metrics"];
            let mean = metrics["questions_per_meeting"]
                .as_f64()
                .unwrap_or_default();
            (mean * metrics["reports"].as_f64().unwrap()).round()
        });
        let asked: f64 = inside
            .iter()
            .map(|number| f64::from(u32::try_from(*number).unwrap()))
            .sum();
        assert!((questions.sum::<f64>() - asked).abs() <= 1.0, "{query}");
        let scores = insights["weakest_criteria"][0]["scores"]
            .as_u64()
            .unwrap_or_default();
        assert_eq!(scores, inside.len() as u64, "{query}");
    }
}

async fn long_period_is_what_its_meetings_are_wherever_it_begins(house: House) {
    let mut hours: Vec<(u64, i64)> = (1_u32..=60)
        .map(|n| (n.into(), i64::from(n) * 37))
        .collect();
    for (number, hours) in &hours {
        past(&house, *number, *hours).await;
    }
    expect(&house, &hours).await;
    // What is deleted no longer counts, and what changes hands counts elsewhere.
    for number in [1, 30, 31] {
        let path = format!("/meetings/{}", id(number));
        house.delete(&grant(organization(1)), &path).await.data();
    }
    hours.retain(|(number, _)| ![1, 30, 31].contains(number));
    expect(&house, &hours).await;
    house.execute("UPDATE meetings SET status = 'failed'").await;
    let stats = get(&house, "/team/stats?from=2025-01-01").await;
    assert_eq!(stats["meetings"]["by_status"]["failed"], 57);
    assert_eq!(stats["meetings"]["by_status"]["completed"], 0);
}

async fn longest_period_is_told_in_years_that_can_be_written(house: House) {
    meet(&house, "2026-02-10T10:00:00Z", None, 50, "Hi.").await;
    let insights = get(&house, "/insights?from=0000-01-01").await;
    assert_eq!(insights["previous_from"], "0000-01-01T00:00:00.000Z");
    assert_eq!(insights["metrics"]["reports"], 1);
}
