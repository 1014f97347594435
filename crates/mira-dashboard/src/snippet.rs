//! Ready commands, with the key where it belongs: in a variable.

use maud::{Markup, html};
use mira_core::KeyKind;
use mira_key::ServiceName;

/// The command that tries a key out at `origin`.
pub(crate) fn example(origin: &str, kind: KeyKind) -> Markup {
    let command = match kind {
        KeyKind::Organization { .. } => get(origin, "/api/v1/meetings"),
        KeyKind::App { service, .. } => match service {
            ServiceName::VERIFY => post(
                origin,
                "/verify/v1/stream",
                r#"{"fact": "Your fact to verify"}"#,
            ),
            ServiceName::INFERENCE => get(origin, "/inference/v1/models"),
            ServiceName::CONSOLE => post(
                origin,
                "/v1/keys/verify",
                r#"{"key": "The key to ask about"}"#,
            ),
            _ => "Authorization: Bearer $MIRA_API_KEY".to_owned(),
        },
    };
    code_block("example", &command)
}

/// Some lines to copy.
pub(crate) fn code_block(id: &str, text: &str) -> Markup {
    html! {
        div.snippet {
            pre tabindex="0" { code id=(id) { (text) } }
            button.button.small type="button" data-copy=(id) hidden { "Copy" }
        }
    }
}

/// A service's name as a title: `Verify`.
pub(crate) fn title(service: ServiceName) -> String {
    let mut characters = service.as_str().chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

fn get(origin: &str, path: &str) -> String {
    format!("curl -X GET \"{origin}{path}\" \\\n{HEADERS}")
}

fn post(origin: &str, path: &str, body: &str) -> String {
    format!("curl -X POST \"{origin}{path}\" \\\n{HEADERS} \\\n  -d '{body}'")
}

const HEADERS: &str =
    "  -H \"Authorization: Bearer $MIRA_API_KEY\" \\\n  -H \"Content-Type: application/json\"";
