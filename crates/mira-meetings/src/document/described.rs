//! Every operation, as people read it. What a type can say is said there.

use mira_wire::ErrorCode;

use super::parameters::Query;

/// One operation.
pub(super) struct Described {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) query: &'static [Query],
    pub(super) body: Option<Body>,
    /// What a success says, in words and as data.
    pub(super) success: &'static str,
    pub(super) data: Data,
    /// Whether it speaks `ETag`, and `If-Match` where it changes something.
    pub(super) is_versioned: bool,
    /// What it is refused with beside what its shape can be refused with.
    pub(super) refusals: &'static [ErrorCode],
}

/// A body, by the name of its schema.
#[derive(Clone, Copy)]
pub(super) struct Body {
    pub(super) schema: &'static str,
    pub(super) is_required: bool,
}

/// What stands in `data`, by the name of its schema.
#[derive(Clone, Copy)]
pub(super) enum Data {
    One(&'static str),
    /// A whole list.
    All(&'static str),
    /// A page of a list.
    Page(&'static str),
    /// The document itself, without an envelope.
    Document,
}

const PERIOD: &[Query] = &[Query::PeriodFrom, Query::PeriodTo];
const MODEL: &[ErrorCode] = &[
    ErrorCode::Conflict,
    ErrorCode::BadGateway,
    ErrorCode::NoModel,
    ErrorCode::GatewayTimeout,
];

const fn asked(
    (method, path): (&'static str, &'static str),
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    data: Data,
) -> Described {
    Described {
        method,
        path,
        id,
        tag,
        summary,
        description: "",
        query: &[],
        body: None,
        success: summary,
        data,
        is_versioned: false,
        refusals: &[],
    }
}

impl Described {
    const fn with_body(self, schema: &'static str) -> Self {
        let body = Body {
            schema,
            is_required: true,
        };
        Self {
            body: Some(body),
            ..self
        }
    }

    /// A body that is `{}` where it is left out.
    const fn with_optional_body(self, schema: &'static str) -> Self {
        let body = Body {
            schema,
            is_required: false,
        };
        Self {
            body: Some(body),
            ..self
        }
    }
}

/// All of them.
pub(super) const DESCRIBED: &[Described] = &[
    Described {
        query: &[
            Query::Page,
            Query::Limit,
            Query::Status,
            Query::UserId,
            Query::From,
            Query::To,
        ],
        description: "Newest first.",
        ..asked(
            ("GET", "/meetings"),
            "listMeetings",
            "Meetings",
            "List meetings",
            Data::Page("Meeting"),
        )
    },
    Described {
        description: "The transcript is WebVTT, SRT or JSON segments, in a body of at most 10 \
            MiB. A meeting that has one is `fetched`, and gets its report within moments; one \
            without waits as `pending`. What is wrong with a transcript is told with its line, \
            and nothing is stored.",
        refusals: &[ErrorCode::PayloadTooLarge],
        ..asked(
            ("POST", "/meetings"),
            "ingestMeeting",
            "Meetings",
            "Bring a meeting",
            Data::One("Meeting"),
        )
        .with_body("NewMeeting")
    },
    asked(
        ("GET", "/meetings/{id}"),
        "getMeeting",
        "Meetings",
        "Get a meeting with its transcript",
        Data::One("TranscribedMeeting"),
    ),
    asked(
        ("DELETE", "/meetings/{id}"),
        "deleteMeeting",
        "Meetings",
        "Delete a meeting with its transcript and reports",
        Data::One("Deleted"),
    ),
    asked(
        ("GET", "/meetings/{id}/report"),
        "listReports",
        "Meetings",
        "Get the reports of a meeting, newest first",
        Data::All("Report"),
    ),
    Described {
        description: "For meetings that are `pending`, `failed` or `no_transcript`.",
        refusals: &[ErrorCode::Conflict],
        ..asked(
            ("PUT", "/meetings/{id}/transcript"),
            "bringTranscript",
            "Meetings",
            "Bring the transcript of a meeting that has none",
            Data::One("Meeting"),
        )
        .with_body("LateTranscript")
    },
    Described {
        query: &[Query::Page, Query::Limit, Query::IsActive, Query::CallType],
        description: "Newest first.",
        ..asked(
            ("GET", "/templates"),
            "listTemplates",
            "Templates",
            "List templates",
            Data::Page("Template"),
        )
    },
    Described {
        is_versioned: true,
        ..asked(
            ("POST", "/templates"),
            "createTemplate",
            "Templates",
            "Create a template",
            Data::One("Template"),
        )
        .with_body("NewTemplate")
    },
    Described {
        is_versioned: true,
        ..asked(
            ("GET", "/templates/{id}"),
            "getTemplate",
            "Templates",
            "Get a template",
            Data::One("Template"),
        )
    },
    Described {
        description: "An absent member stays as it is; null clears where there is something to \
            clear.",
        is_versioned: true,
        refusals: &[ErrorCode::PreconditionFailed],
        ..asked(
            ("PATCH", "/templates/{id}"),
            "editTemplate",
            "Templates",
            "Edit a template",
            Data::One("Template"),
        )
        .with_optional_body("TemplateChange")
    },
    Described {
        description: "Reports and sessions that were scored by it stay.",
        is_versioned: true,
        refusals: &[ErrorCode::PreconditionFailed],
        ..asked(
            ("DELETE", "/templates/{id}"),
            "deleteTemplate",
            "Templates",
            "Delete a template",
            Data::One("Deleted"),
        )
    },
    Described {
        query: PERIOD,
        ..asked(
            ("GET", "/team/stats"),
            "getTeamStats",
            "Team",
            "Get the numbers of a period, for all and for each person",
            Data::One("TeamStats"),
        )
    },
    Described {
        query: PERIOD,
        ..asked(
            ("GET", "/insights"),
            "getInsights",
            "Team",
            "Get the trend of a period, what changed and what would help",
            Data::One("Insights"),
        )
    },
    Described {
        query: &[Query::Page, Query::Limit],
        description: "Newest first.",
        ..asked(
            ("GET", "/roleplay/sessions"),
            "listRoleplaySessions",
            "Roleplay",
            "List roleplay sessions",
            Data::Page("RoleplaySession"),
        )
    },
    Described {
        refusals: &[ErrorCode::NotFound, ErrorCode::NoModel],
        ..asked(
            ("POST", "/roleplay/sessions"),
            "startRoleplay",
            "Roleplay",
            "Start a roleplay session",
            Data::One("RoleplaySession"),
        )
        .with_body("NewRoleplaySession")
    },
    asked(
        ("GET", "/roleplay/sessions/{id}"),
        "getRoleplaySession",
        "Roleplay",
        "Get a session with all that was said",
        Data::One("RoleplayTranscript"),
    ),
    Described {
        refusals: MODEL,
        ..asked(
            ("POST", "/roleplay/sessions/{id}/messages"),
            "sayInRoleplay",
            "Roleplay",
            "Say something, and hear what the customer answers",
            Data::One("RoleplayExchange"),
        )
        .with_body("NewRoleplayMessage")
    },
    Described {
        description: "A session that is over stays as it is.",
        refusals: MODEL,
        ..asked(
            ("POST", "/roleplay/sessions/{id}/complete"),
            "completeRoleplay",
            "Roleplay",
            "End a session and have it scored",
            Data::One("RoleplaySession"),
        )
        .with_optional_body("RoleplayCompletion")
    },
    asked(
        ("GET", "/openapi.json"),
        "getDocument",
        "Document",
        "Get this document",
        Data::Document,
    ),
];
