//! The body of a verification: what may be asked, and every way to ask wrongly.

use mira_wire::Refusal;
use serde::Deserialize;
use serde_json::Value;

/// The longest text, in characters after trimming.
pub(crate) const MAX_FACT_CHARS: usize = 10_000;
const DEFAULT_MODELS: usize = 3;
const DEFAULT_REQUIRED: usize = 2;

/// The body as it comes. Values are looked at one by one, so that each fault has
/// a text of its own; an absent member and `null` are the same.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct VerifyBody {
    #[serde(default)]
    fact: Option<Value>,
    #[serde(default)]
    domain: Option<Value>,
    #[serde(default)]
    min_required: Option<Value>,
    #[serde(default)]
    total_models: Option<Value>,
}

/// A verification that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VerifyRequest {
    /// The text, as it was sent.
    pub(crate) fact: String,
    /// What kind of text it is.
    pub(crate) domain: Domain,
    /// How many models must agree.
    pub(crate) min_required: usize,
    /// How many models are asked: the first ones of the configuration.
    pub(crate) total_models: usize,
}

/// What kind of text is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Domain {
    /// Any.
    General,
    /// A legal one.
    Legal,
}

/// Why a body is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("fact is required")]
    NoFact,
    #[error("fact must be a string")]
    FactType,
    #[error("fact must not be empty")]
    EmptyFact,
    #[error("fact must have at most 10,000 characters")]
    LongFact,
    #[error("domain must be \"general\" or \"legal\"")]
    Domain,
    #[error("minRequired must be 2 or 3")]
    Required,
    #[error("totalModels must be a whole number from 2 to 7")]
    Models,
    #[error("totalModels must be at least minRequired, which is {0}")]
    ModelsBelowRequired(usize),
    #[error("totalModels is {asked}, but the number of configured models is {configured}")]
    TooManyModels { asked: usize, configured: usize },
    #[error("minRequired is {required}, but the number of configured models is {configured}")]
    TooFewConfigured { required: usize, configured: usize },
}

impl VerifyBody {
    /// Reads the body against `configured` models.
    pub(crate) fn check(self, configured: usize) -> Result<VerifyRequest, Fault> {
        let fact = fact(self.fact)?;
        let domain = domain(self.domain.as_ref())?;
        let min_required = match self.min_required {
            None => DEFAULT_REQUIRED,
            Some(value) => whole_number(&value, 2, 3).ok_or(Fault::Required)?,
        };
        let total_models = match self.total_models {
            None => shrunk(min_required, configured)?,
            Some(value) => explicit(&value, min_required, configured)?,
        };
        Ok(VerifyRequest {
            fact,
            domain,
            min_required,
            total_models,
        })
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::invalid(fault.to_string())
    }
}

fn fact(value: Option<Value>) -> Result<String, Fault> {
    let fact = match value {
        None => return Err(Fault::NoFact),
        Some(Value::String(fact)) => fact,
        Some(_) => return Err(Fault::FactType),
    };
    match fact.trim().chars().count() {
        0 => Err(Fault::EmptyFact),
        1..=MAX_FACT_CHARS => Ok(fact),
        _ => Err(Fault::LongFact),
    }
}

fn domain(value: Option<&Value>) -> Result<Domain, Fault> {
    match value.map(Value::as_str) {
        None | Some(Some("general")) => Ok(Domain::General),
        Some(Some("legal")) => Ok(Domain::Legal),
        Some(_) => Err(Fault::Domain),
    }
}

/// The default number, or as many as there are.
fn shrunk(required: usize, configured: usize) -> Result<usize, Fault> {
    let models = DEFAULT_MODELS.min(configured);
    if models < required {
        return Err(Fault::TooFewConfigured {
            required,
            configured,
        });
    }
    Ok(models)
}

fn explicit(value: &Value, required: usize, configured: usize) -> Result<usize, Fault> {
    let asked = whole_number(value, 2, 7).ok_or(Fault::Models)?;
    if asked < required {
        return Err(Fault::ModelsBelowRequired(required));
    }
    if asked > configured {
        return Err(Fault::TooManyModels { asked, configured });
    }
    Ok(asked)
}

fn whole_number(value: &Value, least: usize, most: usize) -> Option<usize> {
    let number = usize::try_from(value.as_u64()?).ok()?;
    (least..=most).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: Value, configured: usize) -> Result<VerifyRequest, Fault> {
        serde_json::from_value::<VerifyBody>(body)
            .unwrap()
            .check(configured)
    }

    #[test]
    fn each_fault_is_named() {
        let long = "é".repeat(MAX_FACT_CHARS + 1);
        let table = [
            (json!({}), Fault::NoFact),
            (json!({"fact": null}), Fault::NoFact),
            (json!({"fact": 1}), Fault::FactType),
            (json!({"fact": ""}), Fault::EmptyFact),
            (json!({"fact": " \n\t"}), Fault::EmptyFact),
            (json!({"fact": long}), Fault::LongFact),
            (json!({"fact": "x", "domain": "medical"}), Fault::Domain),
            (json!({"fact": "x", "domain": 1}), Fault::Domain),
            (json!({"fact": "x", "minRequired": 1}), Fault::Required),
            (json!({"fact": "x", "minRequired": 4}), Fault::Required),
            (json!({"fact": "x", "minRequired": 2.5}), Fault::Required),
            (json!({"fact": "x", "minRequired": "2"}), Fault::Required),
            (json!({"fact": "x", "totalModels": 1}), Fault::Models),
            (json!({"fact": "x", "totalModels": 8}), Fault::Models),
            (json!({"fact": "x", "totalModels": -3}), Fault::Models),
            (
                json!({"fact": "x", "minRequired": 3, "totalModels": 2}),
                Fault::ModelsBelowRequired(3),
            ),
            (
                json!({"fact": "x", "totalModels": 4}),
                Fault::TooManyModels {
                    asked: 4,
                    configured: 3,
                },
            ),
        ];
        for (body, fault) in table {
            assert_eq!(check(body.clone(), 3), Err(fault), "{body}");
        }
    }

    #[test]
    fn omitted_models_shrink_to_those_configured_but_not_below_the_required() {
        let models = |body: Value, configured| check(body, configured).map(|it| it.total_models);
        assert_eq!(models(json!({"fact": "x"}), 7), Ok(3));
        assert_eq!(models(json!({"fact": "x"}), 2), Ok(2));
        assert_eq!(
            models(json!({"fact": "x"}), 1),
            Err(Fault::TooFewConfigured {
                required: 2,
                configured: 1
            })
        );
        assert_eq!(
            models(json!({"fact": "x", "minRequired": 3}), 2),
            Err(Fault::TooFewConfigured {
                required: 3,
                configured: 2
            })
        );
    }

    #[test]
    fn longest_fact_is_measured_after_trimming_and_kept_as_sent() {
        let fact = format!("  {}  ", "é".repeat(MAX_FACT_CHARS));
        let body = json!({"fact": fact, "domain": "legal", "minRequired": 3, "totalModels": 7});
        let expected = VerifyRequest {
            fact,
            domain: Domain::Legal,
            min_required: 3,
            total_models: 7,
        };
        assert_eq!(check(body, 7), Ok(expected));
    }
}
