//! One example of everything, made of the same types as the answers.

use mira_core::Timestamp;
use mira_wire::Instant;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::analytics::analyze;
use crate::envelope::Deleted;
use crate::facts::Facts;
use crate::meeting::{Meeting, MeetingStatus, TranscribedMeeting, TranscriptLine};
use crate::report::{CriterionScore, Report, Verdict};
use crate::roleplay::{
    RoleplayExchange, RoleplayMessage, RoleplayRole, RoleplaySession, RoleplayStatus,
    RoleplayTranscript,
};
use crate::template::{CoachingTone, Criterion, Template};

pub(super) const ID: &str = "019cae68-a200-7000-8000-5d5b6f2a9c10";
pub(super) const USER: &str = "019bb80b-31a0-725b-8c6d-7e8f90a1b2c3";
/// 2026-03-02T12:00:00Z.
const NOON: i64 = 1_772_452_800_000;

/// What stands in `data` where it is one of these.
pub(super) fn data(schema: &str) -> Value {
    match schema {
        "Meeting" => value(meeting()),
        "TranscribedMeeting" => value(TranscribedMeeting {
            meeting: meeting(),
            transcript: transcript(),
        }),
        "Report" => value(report()),
        "Template" => value(template()),
        "Deleted" => value(Deleted { id: id(ID) }),
        "RoleplaySession" => value(session()),
        "RoleplayTranscript" => value(RoleplayTranscript {
            session: session(),
            messages: Vec::from(messages()),
        }),
        "RoleplayExchange" => {
            let [message, reply] = messages();
            value(RoleplayExchange { message, reply })
        }
        "TeamStats" => team(),
        "Insights" => insights(),
        _ => Value::Null,
    }
}

/// A body that is taken.
pub(super) fn body(schema: &str) -> Value {
    let template = json!({
        "name": "Discovery", "prompt_template": "Judge how well the seller understands.",
        "grading_criteria": [{"name": "Questions", "description": "Asks first", "weight": 2.0}],
        "coaching_tone": "direct", "call_type": "discovery",
    });
    let content = "WEBVTT\n\n00:00.000 --> 00:02.500\n<v Ann Lee>How do you plan today?\n";
    match schema {
        "NewMeeting" => json!({
            "title": "Discovery: Nordwind Logistics", "started_at": "2026-03-02T12:00:00Z",
            "call_type": "discovery", "attendees": ["Ann Lee", "Ben Okafor"],
            "transcript": {"format": "vtt", "content": content},
        }),
        "LateTranscript" => json!({"format": "vtt", "content": content}),
        "NewTemplate" => template,
        "TemplateChange" => json!({"name": "First calls", "call_type": null}),
        "NewRoleplaySession" => json!({
            "scenario": "A renewal at twice the price",
            "persona": "A buyer who is short of time",
        }),
        "NewRoleplayMessage" => json!({"content": "What would a late van cost you?"}),
        _ => json!({}),
    }
}

fn value(example: impl Serialize) -> Value {
    serde_json::to_value(example).unwrap_or_default()
}

fn id(text: &str) -> Uuid {
    Uuid::try_parse(text).unwrap_or_default()
}

fn at(secs: i64) -> Instant {
    Instant(Timestamp::from_millis(NOON + secs * 1000))
}

fn meeting() -> Meeting {
    Meeting {
        id: id(ID),
        title: "Discovery: Nordwind Logistics".to_owned(),
        status: MeetingStatus::Completed,
        user_id: Some(id(USER)),
        call_type: Some("discovery".to_owned()),
        meeting_url: Some("https://meet.example.com/abc".to_owned()),
        attendees: vec!["Ann Lee".to_owned(), "Ben Okafor".to_owned()],
        started_at: at(0),
        ended_at: Some(at(5)),
        duration_secs: Some(5),
        created_at: at(60),
    }
}

fn transcript() -> Vec<TranscriptLine> {
    let line = |(speaker, start_ms, end_ms, text): (&str, i64, i64, &str)| TranscriptLine {
        speaker: Some(speaker.to_owned()),
        start_ms,
        end_ms,
        text: text.to_owned(),
    };
    [
        ("Ann Lee", 0, 2500, "How do you plan today?"),
        ("Ben Okafor", 3000, 5000, "By hand."),
    ]
    .map(line)
    .to_vec()
}

fn verdict() -> Verdict {
    let criterion = &template().grading_criteria;
    let scores = criterion
        .iter()
        .map(|criterion| CriterionScore::new(criterion, 82, "Asks before offering.".to_owned()));
    Verdict::of(
        "openai/gpt-4o-mini",
        "A short, open beginning.".to_owned(),
        scores.collect(),
        vec!["Lets the customer describe".to_owned()],
        vec!["Ask what it costs".to_owned()],
    )
}

fn report() -> Report {
    Report {
        id: id("019cae69-8c60-7000-8000-1f0e2d3c4b5a"),
        meeting_id: id(ID),
        user_id: Some(id(USER)),
        template_id: Some(id(ID)),
        verdict: verdict(),
        analytics: Some(analyze(&transcript(), Some("Ann Lee"))),
        created_at: at(62),
    }
}

fn template() -> Template {
    Template {
        id: id(ID),
        name: "Discovery".to_owned(),
        description: None,
        prompt_template: "Judge how well the seller understands.".to_owned(),
        grading_criteria: vec![Criterion {
            name: "Questions".to_owned(),
            description: Some("Asks first".to_owned()),
            weight: 2.0,
        }],
        coaching_tone: CoachingTone::Direct,
        call_type: Some("discovery".to_owned()),
        is_active: true,
        version: 1,
        created_at: at(0),
        updated_at: at(0),
    }
}

fn session() -> RoleplaySession {
    RoleplaySession {
        id: id(ID),
        scenario: "A renewal at twice the price".to_owned(),
        persona: Some("A buyer who is short of time".to_owned()),
        template_id: None,
        status: RoleplayStatus::Active,
        result: None,
        created_at: at(0),
        completed_at: None,
    }
}

fn messages() -> [RoleplayMessage; 2] {
    let message = |(role, content): (RoleplayRole, &str)| RoleplayMessage {
        role,
        content: content.to_owned(),
        created_at: at(10),
    };
    [
        (RoleplayRole::User, "What would a late van cost you?"),
        (RoleplayRole::Counterpart, "About an hour, and a customer."),
    ]
    .map(message)
}

fn counts() -> Value {
    json!({"total": 1, "by_status": {"pending": 0, "fetched": 0, "processing": 0,
        "completed": 1, "failed": 0, "no_transcript": 0}})
}

fn metrics() -> Value {
    value(Facts::of(&report()).unwrap_or_default().metrics())
}

fn team() -> Value {
    json!({
        "from": at(-86_400 * 30), "to": at(86_400), "meetings": counts(), "metrics": metrics(),
        "users": [{"user_id": USER, "meetings": counts(), "metrics": metrics()}],
    })
}

fn insights() -> Value {
    json!({
        "from": at(0), "to": at(86_400), "previous_from": at(-86_400),
        "meetings": counts(), "metrics": metrics(),
        "changes": [
            {"metric": "host_talk_share", "before": 0.62, "now": 0.5556, "difference": -0.0644},
        ],
        "trend": [{"from": at(0), "to": at(86_400), "metrics": metrics()}],
        "top_improvements": [
            {"observation": "few_questions", "advice": "Ask more questions", "meetings": 3},
        ],
        "weakest_criteria": [{"name": "Questions", "mean_score": 82.0, "scores": 1}],
    })
}
