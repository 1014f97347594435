//! Changes that tighten: the record, and since when it holds.

use axum::response::Response;
use http::StatusCode;
use mira_console::Effect;
use mira_wire::json_response;
use serde::Serialize;
use utoipa::ToSchema;

/// A changed record, and since when the change holds everywhere.
#[derive(Serialize, ToSchema)]
pub(crate) struct WithEffect<T> {
    #[serde(flatten)]
    record: T,
    #[serde(flatten)]
    effect: EffectBody,
}

/// Since when a change holds, and how that is known.
#[derive(Serialize, ToSchema)]
#[schema(as = Effect, example = json!({
    "effective": true, "proof": "local", "nodes": 1, "waited_ms": 0,
}))]
pub(crate) struct EffectBody {
    /// Whether no node acts on what held before. False comes with status 202.
    effective: bool,
    /// How that is known: `local`, `acks` or `lease_expiry`.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'static str>,
    /// On how many nodes it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<u32>,
    /// How long that took after the commit, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    waited_ms: Option<u64>,
    /// When it will hold at the latest, in milliseconds, if the wait ended first.
    #[serde(skip_serializing_if = "Option::is_none")]
    within_ms: Option<u64>,
}

/// `record` and the effect of its change: 200, or 202 if the caller's wait ended
/// before the change held everywhere.
pub(crate) fn settled<T: Serialize>(record: T, effect: Effect) -> Response {
    settled_as(StatusCode::OK, record, effect)
}

/// The same with another status than 200.
pub(crate) fn settled_as<T: Serialize>(done: StatusCode, record: T, effect: Effect) -> Response {
    let status = match effect {
        Effect::Effective { .. } => done,
        Effect::Pending { .. } => StatusCode::ACCEPTED,
    };
    let effect = EffectBody::from(effect);
    json_response(status, &WithEffect { record, effect })
}

impl From<Effect> for EffectBody {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Effective {
                proof,
                nodes,
                waited_ms,
            } => Self {
                effective: true,
                proof: Some(proof.as_str()),
                nodes: Some(nodes),
                waited_ms: Some(waited_ms),
                within_ms: None,
            },
            Effect::Pending { within_ms } => Self {
                effective: false,
                proof: None,
                nodes: None,
                waited_ms: None,
                within_ms: Some(within_ms),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use mira_console::{Effect, Proof};

    use super::{EffectBody, settled};
    use crate::body::NoMembers;

    #[test]
    fn effect_says_either_its_proof_or_its_deadline() {
        let proven = Effect::Effective {
            proof: Proof::Acks,
            nodes: 3,
            waited_ms: 17,
        };
        let pending = Effect::Pending { within_ms: 5_015 };
        for (effect, status, wanted) in [
            (
                proven,
                StatusCode::OK,
                r#"{"effective":true,"proof":"acks","nodes":3,"waited_ms":17}"#,
            ),
            (
                pending,
                StatusCode::ACCEPTED,
                r#"{"effective":false,"within_ms":5015}"#,
            ),
        ] {
            assert_eq!(settled(NoMembers {}, effect).status(), status);
            let body = serde_json::to_string(&EffectBody::from(effect)).unwrap();
            assert_eq!(body, wanted);
        }
    }
}
