//! A coaching template: how meetings are scored and in what tone.

use mira_core::Timestamp;
use mira_wire::Instant;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::invalid::Invalid;
use crate::text;
use crate::word::{Word, words};

/// One template of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the API's member names")]
pub(crate) struct Template {
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// What the model is told before it reads the transcript.
    pub(crate) prompt_template: String,
    /// At least one.
    pub(crate) grading_criteria: Vec<Criterion>,
    pub(crate) coaching_tone: CoachingTone,
    /// The kind of call it is for; absent is any.
    pub(crate) call_type: Option<String>,
    pub(crate) is_active: bool,
    /// How often it was changed, and once more.
    #[serde(skip)]
    pub(crate) version: i64,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Instant,
}

/// One thing that a meeting is scored by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Criterion {
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2_000)]
    pub(crate) description: Option<String>,
    /// Its share, relative to the others' weights; above zero.
    #[schema(exclusive_minimum = 0, maximum = 1_000)]
    pub(crate) weight: f64,
}

words! {
    /// How a report speaks.
    CoachingTone {
        /// Says what was wrong.
        Direct => "direct",
        /// Begins with what went well.
        Supportive => "supportive",
        /// Asks rather than tells.
        Socratic => "socratic",
        /// Argues from numbers.
        Analytical => "analytical",
    }
}

/// Which templates of an organization are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TemplateFilter {
    pub(crate) is_active: Option<bool>,
    pub(crate) call_type: Option<String>,
}

/// What a caller may say about a template; an absent member stays as it is, and
/// null clears the two that may be absent. Any other member is refused.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = TemplateChange)]
#[expect(
    clippy::option_option,
    reason = "absent, null and a value are three different things"
)]
pub(crate) struct TemplateBody {
    /// What it is called.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false, min_length = 1, max_length = 100)]
    name: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 2_000)]
    description: Option<Option<String>>,
    /// What the model is told before it reads the transcript.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false, min_length = 1, max_length = 20_000)]
    prompt_template: Option<String>,
    /// What meetings are scored by.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    grading_criteria: Option<Vec<Criterion>>,
    /// How reports speak; `supportive` if never said.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    coaching_tone: Option<CoachingTone>,
    /// The kind of call it is for; null is any.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    call_type: Option<Option<String>>,
    /// Whether meetings are scored by it; true if never said.
    #[serde(deserialize_with = "present")]
    #[schema(nullable = false)]
    is_active: Option<bool>,
}

impl TemplateBody {
    /// The body with its texts trimmed, if every member is good.
    pub(crate) fn check(self) -> Result<TemplateEdit, Invalid> {
        let name = self.name.map(|name| text::line("name", &name, MAX_NAME));
        let description = self
            .description
            .map(|new| new.map(|new| text::note("description", new, MAX_DESCRIPTION)));
        let prompt_template = self
            .prompt_template
            .map(|prompt| text::prose("prompt_template", prompt, MAX_PROMPT));
        let call_type = self
            .call_type
            .map(|new| new.map(|new| text::line("call_type", &new, MAX_NAME)));
        Ok(TemplateEdit(Self {
            name: name.transpose()?,
            description: description.map(Option::transpose).transpose()?,
            prompt_template: prompt_template.transpose()?,
            grading_criteria: self.grading_criteria.map(check_criteria).transpose()?,
            coaching_tone: self.coaching_tone,
            call_type: call_type.map(Option::transpose).transpose()?,
            is_active: self.is_active,
        }))
    }
}

/// A change of a template in which every member is good.
#[derive(Debug)]
pub(crate) struct TemplateEdit(TemplateBody);

impl TemplateEdit {
    /// The template that this describes, made at `now`. A name, a prompt and
    /// criteria must be there.
    pub(crate) fn create(self, id: Uuid, now: Timestamp) -> Result<Template, Invalid> {
        let TemplateBody {
            name,
            description,
            prompt_template,
            grading_criteria,
            coaching_tone,
            call_type,
            is_active,
        } = self.0;
        Ok(Template {
            id,
            name: name.ok_or(Invalid::Missing("name"))?,
            description: description.flatten(),
            prompt_template: prompt_template.ok_or(Invalid::Missing("prompt_template"))?,
            grading_criteria: grading_criteria.ok_or(Invalid::Missing("grading_criteria"))?,
            coaching_tone: coaching_tone.unwrap_or(CoachingTone::Supportive),
            call_type: call_type.flatten(),
            is_active: is_active.unwrap_or(true),
            version: 1,
            created_at: Instant(now),
            updated_at: Instant(now),
        })
    }

    /// `template` after the change, which happens at `now` if it changes anything.
    pub(crate) fn apply(self, template: Template, now: Timestamp) -> Template {
        let edit = self.0;
        let before = template.clone();
        let after = Template {
            name: edit.name.unwrap_or(template.name),
            description: edit.description.unwrap_or(template.description),
            prompt_template: edit.prompt_template.unwrap_or(template.prompt_template),
            grading_criteria: edit.grading_criteria.unwrap_or(template.grading_criteria),
            coaching_tone: edit.coaching_tone.unwrap_or(template.coaching_tone),
            call_type: edit.call_type.unwrap_or(template.call_type),
            is_active: edit.is_active.unwrap_or(template.is_active),
            ..template
        };
        if after == before {
            return before;
        }
        Template {
            version: after.version + 1,
            updated_at: Instant(now),
            ..after
        }
    }
}

fn check_criteria(criteria: Vec<Criterion>) -> Result<Vec<Criterion>, Invalid> {
    if criteria.is_empty() || criteria.len() > MAX_CRITERIA {
        return Err(Invalid::Count {
            member: "grading_criteria",
            max: MAX_CRITERIA,
        });
    }
    criteria.into_iter().map(check_criterion).collect()
}

fn check_criterion(criterion: Criterion) -> Result<Criterion, Invalid> {
    if criterion.weight.is_nan() || criterion.weight <= 0.0 || criterion.weight > MAX_WEIGHT {
        return Err(Invalid::NotAWeight("grading_criteria.weight"));
    }
    let description = criterion
        .description
        .map(|new| text::note("grading_criteria.description", new, MAX_DESCRIPTION));
    Ok(Criterion {
        name: text::line("grading_criteria.name", &criterion.name, MAX_NAME)?,
        description: description.transpose()?,
        weight: criterion.weight,
    })
}

/// A member that is there, null included, as opposed to one that is absent.
fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

const MAX_NAME: usize = 100;
const MAX_DESCRIPTION: usize = 2_000;
const MAX_PROMPT: usize = 20_000;
/// A hundred of these still have a mean.
const MAX_WEIGHT: f64 = 1_000.0;
const MAX_CRITERIA: usize = 100;
