//! The schemas of everything that is sent, from the types themselves. What a type
//! cannot say about itself is added here.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::envelope::Deleted;
use crate::ingest::{BroughtTranscript, IngestBody};
use crate::insights::Insights;
use crate::meeting::{Meeting, TranscribedMeeting};
use crate::page::Meta;
use crate::report::Report;
use crate::roleplay::{
    CompletionBody, MessageBody, RoleplayBody, RoleplayExchange, RoleplaySession,
    RoleplayTranscript,
};
use crate::team::TeamStats;
use crate::template::{Template, TemplateBody};

/// What callers send: other members are refused, and texts are not blank.
const SENT: [&str; 9] = [
    "LateTranscript",
    "NewMeeting",
    "NewRoleplayMessage",
    "NewRoleplaySession",
    "NewTemplate",
    "RoleplayCompletion",
    "TemplateChange",
    "Transcript",
    "TranscriptSegment",
];

/// Sent and shown alike, so that a member may be absent.
const BOTH: &str = "Criterion";

/// All of them, by their names.
pub(super) fn all() -> Map<String, Value> {
    let mut found: Vec<(String, RefOr<Schema>)> = Vec::new();
    add::<BroughtTranscript>(&mut found);
    add::<CompletionBody>(&mut found);
    add::<Deleted>(&mut found);
    add::<IngestBody>(&mut found);
    add::<Insights>(&mut found);
    add::<Meeting>(&mut found);
    add::<MessageBody>(&mut found);
    add::<Meta>(&mut found);
    add::<Report>(&mut found);
    add::<RoleplayBody>(&mut found);
    add::<RoleplayExchange>(&mut found);
    add::<RoleplaySession>(&mut found);
    add::<RoleplayTranscript>(&mut found);
    add::<TeamStats>(&mut found);
    add::<Template>(&mut found);
    add::<TemplateBody>(&mut found);
    add::<TranscribedMeeting>(&mut found);
    let mut schemas = Map::new();
    for (name, schema) in found {
        let schema = serde_json::to_value(schema).unwrap_or_default();
        schemas.insert(name, schema);
    }
    let mut creation = schemas.get("TemplateChange").cloned().unwrap_or_default();
    creation["required"] = json!(["name", "prompt_template", "grading_criteria"]);
    creation["description"] = json!("A template to make.");
    schemas.insert("NewTemplate".to_owned(), creation);
    schemas.insert("Refusal".to_owned(), refusal());
    for (name, schema) in &mut schemas {
        finish(name, schema);
    }
    schemas
}

fn add<T: ToSchema>(found: &mut Vec<(String, RefOr<Schema>)>) {
    found.push((T::name().into_owned(), T::schema()));
    T::schemas(found);
}

/// What is shown has all its members; what is sent has no others.
fn finish(name: &str, schema: &mut Value) {
    if let Some(parts) = schema.get_mut("allOf").and_then(Value::as_array_mut) {
        for part in parts {
            finish(name, part);
        }
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    let members: Vec<String> = properties.keys().cloned().collect();
    if SENT.contains(&name) || name == BOTH {
        schema["additionalProperties"] = json!(false);
        for member in &members {
            let text = &mut schema["properties"][member];
            if text.get("maxLength").is_some() && text.get("pattern").is_none() {
                text["pattern"] = json!(pattern(member));
            }
            if member == "attendees" {
                text["items"] = json!({
                    "type": "string", "minLength": 1, "maxLength": 200, "pattern": pattern(member),
                });
            }
        }
    } else {
        schema["required"] = json!(members);
    }
}

/// Texts of several lines have line breaks and tabs, the others no control character;
/// neither is blank, but for descriptions.
fn pattern(member: &str) -> &'static str {
    match member {
        "description" => r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$",
        "prompt_template" | "scenario" | "persona" | "content" | "text" => {
            r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
        }
        _ => r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
    }
}

fn refusal() -> Value {
    json!({
        "type": "object",
        "description": "Why a request was not carried out.",
        "required": ["data", "error", "meta"],
        "additionalProperties": false,
        "properties": {
            "data": {"type": "null"},
            "error": {"type": "string", "description": "What was wrong, for people."},
            "meta": {"type": "null"},
        },
    })
}
