//! The controls of forms, each with its label and its hint.

use maud::{Markup, Render, html};
use mira_console::{ConsoleError, Idempotency};
use mira_wire::RequestId;

use crate::fields::Fields;
use crate::viewer::Viewer;

/// The field that marks a form, see [`once`].
const ONCE: &str = "form";

/// A line of text, or what the browser offers for its kind.
pub(crate) struct Input<'a> {
    kind: &'static str,
    label: &'static str,
    name: &'static str,
    form: &'static str,
    value: &'a str,
    hint: Option<&'a str>,
    placeholder: &'static str,
    autocomplete: &'static str,
    is_required: bool,
    min: Option<&'static str>,
    length: (Option<u32>, Option<u32>),
}

impl<'a> Input<'a> {
    /// A control of this `type` for the field called `name`.
    pub(crate) fn new(kind: &'static str, label: &'static str, name: &'static str) -> Self {
        Self {
            kind,
            label,
            name,
            form: "",
            value: "",
            hint: None,
            placeholder: "",
            autocomplete: "off",
            is_required: false,
            min: None,
            length: (None, None),
        }
    }

    /// The name of a thing: 1 to 100 characters.
    pub(crate) fn thing(label: &'static str) -> Self {
        Self::new("text", label, "name")
            .required()
            .length(None, Some(100))
    }

    /// A password that is to be set.
    pub(crate) fn new_password() -> Self {
        Self::new("password", "Password", "password")
            .required()
            .autocomplete("new-password")
            .length(Some(12), Some(200))
            .hint("12 characters or more. A sentence is easier to remember than symbols.")
    }

    /// The same in one of several forms of a page that have such a field.
    pub(crate) fn part_of(self, form: &'static str) -> Self {
        Self { form, ..self }
    }

    pub(crate) fn value(self, value: &'a str) -> Self {
        Self { value, ..self }
    }

    pub(crate) fn hint(self, hint: &'a str) -> Self {
        Self {
            hint: Some(hint),
            ..self
        }
    }

    pub(crate) fn placeholder(self, placeholder: &'static str) -> Self {
        Self {
            placeholder,
            ..self
        }
    }

    pub(crate) fn autocomplete(self, autocomplete: &'static str) -> Self {
        Self {
            autocomplete,
            ..self
        }
    }

    pub(crate) fn required(self) -> Self {
        Self {
            is_required: true,
            ..self
        }
    }

    pub(crate) fn min(self, min: &'static str) -> Self {
        Self {
            min: Some(min),
            ..self
        }
    }

    fn length(self, min: Option<u32>, max: Option<u32>) -> Self {
        Self {
            length: (min, max),
            ..self
        }
    }
}

impl Render for Input<'_> {
    fn render_to(&self, buffer: &mut String) {
        let id = match self.form {
            "" => format!("field-{}", self.name),
            form => format!("field-{form}-{}", self.name),
        };
        let hint_id = self.hint.map(|_| format!("{id}-hint"));
        let markup = html! {
            div.field {
                label for=(id) {
                    (self.label)
                    @if !self.is_required { " " span.optional { "optional" } }
                }
                input id=(id) type=(self.kind) name=(self.name) value=(self.value)
                    placeholder=[Some(self.placeholder).filter(|text| !text.is_empty())]
                    autocomplete=(self.autocomplete) required[self.is_required] min=[self.min]
                    minlength=[self.length.0] maxlength=[self.length.1]
                    step=[(self.kind == "datetime-local").then_some("any")]
                    aria-describedby=[hint_id.as_deref()];
                @if let Some(hint) = self.hint { p.hint id=[hint_id.as_deref()] { (hint) } }
            }
        };
        markup.render_to(buffer);
    }
}

/// Some lines of text.
pub(crate) fn text_area(label: &str, name: &str, value: &str, hint: &str) -> Markup {
    html! {
        div.field {
            label for={ "field-" (name) } { (label) " " span.optional { "optional" } }
            textarea id={ "field-" (name) } name=(name) rows="3" spellcheck="false"
                autocomplete="off" aria-describedby={ "field-" (name) "-hint" } { "\n" (value) }
            p.hint id={ "field-" (name) "-hint" } { (hint) }
        }
    }
}

/// One of several values, each with its words.
pub(crate) fn select(label: &str, name: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        div.field {
            label for={ "field-" (name) } { (label) }
            select id={ "field-" (name) } name=(name) {
                @for (value, words) in options {
                    option value=(value) selected[*value == chosen] { (words) }
                }
            }
        }
    }
}

/// Marks a form with the id of the request that showed it. Sent twice, it does
/// its work once.
pub(crate) fn once(shown_by: RequestId) -> Markup {
    html! { input type="hidden" name=(ONCE) value=(maud::display(shown_by)) autocomplete="off"; }
}

/// What makes the same form sent again a repeat. Whatever else it says, a form
/// does its work once; a program that fills no mark in does it each time.
pub(crate) fn idempotency(
    viewer: &Viewer,
    route: &str,
    fields: &Fields,
) -> Result<Option<Idempotency>, ConsoleError> {
    fields
        .given(ONCE)
        .map(|mark| Idempotency::new(&viewer.caller, format!("form {route}"), mark, &[]))
        .transpose()
}

/// What is wrong with a form that was sent.
pub(crate) fn problem(text: Option<&str>) -> Markup {
    html! {
        @if let Some(text) = text {
            div.alert.bad role="alert" { p { (text.trim_end_matches('.')) "." } }
        }
    }
}
