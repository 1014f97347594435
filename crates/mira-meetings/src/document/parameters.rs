//! What stands in paths, queries and header fields.

use serde_json::{Value, json};

use super::described::Described;
use crate::meeting::MeetingStatus;
use crate::word::Word as _;

/// A parameter of a query.
#[derive(Clone, Copy)]
pub(super) enum Query {
    Page,
    Limit,
    Status,
    UserId,
    From,
    To,
    IsActive,
    CallType,
    PeriodFrom,
    PeriodTo,
}

/// Every parameter of an operation.
pub(super) fn of(described: &Described) -> Vec<Value> {
    let mut parameters = Vec::new();
    if described.path.contains("{id}") {
        parameters.push(json!({
            "name": "id", "in": "path", "required": true,
            "description": "Its id.",
            "schema": {"type": "string", "format": "uuid"},
            "example": super::examples::ID,
        }));
    }
    parameters.extend(described.query.iter().map(|query| query.parameter()));
    if described.is_versioned && ["PATCH", "DELETE"].contains(&described.method) {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": false,
            "description": "Versions that may be changed, as `ETag` showed them; 412 otherwise.",
            "schema": {"type": "string"},
            "example": "*",
        }));
    }
    parameters
}

impl Query {
    fn parameter(self) -> Value {
        let statuses: Vec<&str> = MeetingStatus::WORDS.iter().map(|(_, word)| *word).collect();
        let count = |default: u32| json!({"type": "integer", "minimum": 1, "default": default});
        let instant = json!({"type": "string", "format": "date-time"});
        let (name, description, schema, example) = match self {
            Self::Page => ("page", "Which page, from 1.", count(1), json!(1)),
            Self::Limit => (
                "limit",
                "How many entries a page has; above 100 is 100.",
                count(20),
                json!(20),
            ),
            Self::Status => (
                "status",
                "Only meetings with this status.",
                json!({"type": "string", "enum": statuses}),
                json!("completed"),
            ),
            Self::UserId => (
                "user_id",
                "Only meetings of this person.",
                json!({"type": "string", "format": "uuid"}),
                json!(super::examples::USER),
            ),
            Self::From => (
                "from",
                "Only meetings that started then or later; a bare date is its midnight UTC.",
                instant,
                json!("2026-03-01T00:00:00Z"),
            ),
            Self::To => (
                "to",
                "Only meetings that started before.",
                instant,
                json!("2026-04-01T00:00:00Z"),
            ),
            Self::IsActive => (
                "is_active",
                "Only templates that are in use, or that are not.",
                json!({"type": "boolean"}),
                json!(true),
            ),
            Self::CallType => (
                "call_type",
                "Only templates for calls of this type.",
                json!({"type": "string"}),
                json!("discovery"),
            ),
            Self::PeriodFrom => (
                "from",
                "The first instant of the period, before `to`; 30 days before it if absent.",
                instant,
                json!("2026-03-01T00:00:00Z"),
            ),
            Self::PeriodTo => (
                "to",
                "The end of the period, which is outside; now if absent.",
                instant,
                json!("2026-04-01T00:00:00Z"),
            ),
        };
        json!({
            "name": name, "in": "query", "required": false,
            "description": description, "schema": schema, "example": example,
        })
    }
}
